import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runAsRoot } from '../../support/root.ts'
import { repositoryRoot } from '../../support/tools.ts'
import { DISK, failure, place } from '../support/cli.ts'

const run = promisify(execFile)

it.each([
  ['qcow2', 'the layer alone, into which it is read', '41 MB'],
  ['vdi', 'a file of the format and the layer', '108 MB'],
])('no space for the disk as %s: %s', async (format, _, need) => {
  await using here = await place()
  await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', here.folder)
  await using _mounted = { [Symbol.asyncDispose]: async () => void (await runAsRoot('umount', here.folder)) }
  await run('dd', ['if=/dev/urandom', 'of=../home/a.raw', 'bs=1M', 'count=64', 'status=none'], { cwd: here.folder })
  expect(await failure(here, 'host-space', ['--disk', '../home/a.raw', '--format', format, '--work-dir', '.'])).toEqual(
    [
      expect.stringMatching(
        RegExp(
          `^not enough space in .*: about ${need} are needed, [78] MB are free: free some, or set work-dir to a folder`,
        ),
      ),
    ],
  )
})

it('no space for a folder of the job is no mistake in an input', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const full = join(here.folder, 'full')
  const machine = `mkdir '${full}'; mount -t tmpfs -o size=64k none '${full}'; cat /dev/zero >'${full}/file' || :; exec "$@"`
  const args = ['--disk', 'a.raw', '--export', 'oci:out', '--work-dir', 'full']
  expect(await failure(here, 'host-space', args, { machine })).toEqual([expect.stringContaining(`left in ${full}`)])
})

it('no space for the digest on standard output: it fails and says so', async () => {
  await using here = await place()
  await here.write('disk.raw', DISK)
  const program = [process.execPath, join(repositoryRoot, 'dist/cli.js')]
  const words = [...program, '--disk', 'disk.raw', '--base-image', 'scratch', '--export', 'oci:out']
  const shell = ['-c', '"$@" >/dev/full', 'sh', ...words]
  const failed = await run('sh', shell, { cwd: here.folder }).catch((error: unknown) => error)
  expect(failed).toMatchObject({
    code: 1,
    stderr: expect.stringMatching(/^error\[host-space\]: no space is left where standard output is written to/m),
  })
})
