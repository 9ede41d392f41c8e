import { startGuardian } from '../../../src/steps/guardian.ts'

/** Has folders watched, to be killed by a test: `node guarded.ts ABANDONED WATCHED FORGOTTEN`. */
const [abandonedPath = '', watched = '', forgotten = ''] = process.argv.slice(2)
await using guardian = await startGuardian({
  nodePath: process.execPath,
  abandonedPath,
  searchPath: process.env['PATH'] ?? '',
})
guardian.watch(forgotten)
guardian.watch(watched)
guardian.forget(forgotten)
process.stdout.write('ready\n')
// Until the end of its input.
for await (const _ of process.stdin);
