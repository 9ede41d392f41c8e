import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('an unknown profile is named with the known ones', async () => {
  await using here = await place()
  const more = '<profiles><profile name="server" description="s"/></profiles>'
  await here.write('config.xml', description({ more }))
  const [problem, ...others] = await refusals(here, ['--description', '.', '--profiles', 'desktop'])
  expect(problem).toMatch(/^--profiles: .*desktop.*server/)
  expect(others).toEqual([])
})
