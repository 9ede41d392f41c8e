import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { runAsRoot } from '../../support/root.ts'
import { failure, place } from '../support/cli.ts'

const run = promisify(execFile)

it('no space for the disk, with what is needed and what is there', async () => {
  await using here = await place()
  await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=8m', 'tmpfs', here.folder)
  await using _ = { [Symbol.asyncDispose]: async () => void (await runAsRoot('umount', here.folder)) }
  await run('dd', ['if=/dev/urandom', 'of=../home/a.raw', 'bs=1M', 'count=64', 'status=none'], { cwd: here.folder })
  expect(await failure(here, ['--disk', '../home/a.raw', '--work-dir', '.'])).toEqual([
    expect.stringMatching(
      /^not enough space in .*: about 0\.2 GB are needed, 0\.0 GB are free: free some, or set work-dir/,
    ),
  ])
})
