import { expect, it } from 'vitest'
import { DISK, place } from '../support/cli.ts'

it('a password on the command line is refused and not shown', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const refused = await here.run(['--disk', 'a.raw', '--username', 'me', '--password', 'hunter2'])
  expect(refused.exitCode).toBe(2)
  expect(refused.stderr).not.toContain('hunter2')
  expect(refused.errors[0]).toMatch(/^--password: .*--password-stdin/)
})
