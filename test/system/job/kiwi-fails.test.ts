import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hostState } from '../../e2e/support/hoststate.ts'
import { description, place } from '../../process/support/cli.ts'
import { tool } from '../../support/tools.ts'

it('KIWI fails in the middle: its own error comes first, its log is kept, nothing else', async () => {
  await using here = await place()
  await here.write('config.xml', description())
  const before = await hostState()
  const env = { PATH: `${join(tool('kiwi-ng'), '..')}:${process.env['PATH']}` }
  // Nobody listens at the repository's port.
  const failed = await here.run(['--description', '.', '--install-tools'], { env })
  expect(failed.exitCode, failed.stderr).toBe(1)
  expect(failed.stdout).toBe('')
  expect(failed.errors).toEqual([expect.stringMatching(/^KIWI failed in the phase Bootstrap: ./)])
  const [log = '', ...others] = await here.leftovers()
  expect(others).toEqual([])
  expect(failed.stderr).toContain(`the whole log is ${join(here.folder, '../temp', log, 'kiwi.log')}`)
  expect(await readFile(join(here.folder, '../temp', log, 'kiwi.log'), 'utf8')).toContain('127.0.0.1')
  expect(await hostState()).toEqual(before)
  expect(await readdir(here.folder)).toEqual(['config.xml'])
})
