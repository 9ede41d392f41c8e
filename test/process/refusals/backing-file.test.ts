import { execFile } from 'node:child_process'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('a disk with a backing file, with the command that flattens it', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const args = ['create', '-q', '-f', 'qcow2', '-b', 'a.raw', '-F', 'raw', 'b.qcow2']
  await promisify(execFile)('qemu-img', args, { cwd: here.folder })
  const [problem, ...others] = await refusals(here, ['--disk', 'b.qcow2'])
  expect(problem).toMatch(/^--disk: .*b\.qcow2 is not complete without .*a\.raw: flatten it with qemu-img convert/)
  expect(others).toEqual([])
})
