import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../../src/command.ts'
import { temporaryName } from '../../../src/oci/store/temporary.ts'
import { startGuardian } from '../../../src/steps/guardian.ts'

/** Has folders watched, a program at work, and half a file and half a folder in another, to be killed by a test: `node guarded.ts ABANDONED WATCHED FORGOTTEN AROUND`. */
const [abandonedPath = '', watched = '', forgotten = '', around = ''] = process.argv.slice(2)
await using guardian = await startGuardian({
  nodePath: process.execPath,
  abandonedPath,
  searchPath: process.env['PATH'] ?? '',
})
guardian.watch(forgotten)
guardian.watch(watched)
guardian.forget(forgotten)
guardian.watchInside([around])
await writeFile(join(around, temporaryName()), '')
await mkdir(join(around, temporaryName(), 'blobs'), { recursive: true })
// A program that starts another, as skopeo does with a credential helper.
const ending = new AbortController()
const program = runCommand('/bin/sh', ['-c', "trap 'kill $!' TERM; sleep 86397 & wait"], {
  env: { PATH: process.env['PATH'] ?? '' },
  cwd: forgotten,
  signal: ending.signal,
}).catch(() => {})
process.stdout.write('ready\n')
// Until the end of its input.
for await (const _ of process.stdin);
ending.abort()
await program
