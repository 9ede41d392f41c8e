import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('obsrepositories:/ with rpm and no repositories', async () => {
  await using here = await place()
  const repository = 'type="rpm-md"><source path="obsrepositories:/"/>'
  await here.write('config.xml', description({ repository, packageManager: 'dnf5' }))
  const [problem, ...others] = await refusals(here, ['--description', '.'])
  expect(problem).toMatch(/^config\.xml:11: obsrepositories:\/ is unknown to dnf5 .*name them in --repositories/)
  expect(others).toEqual([])
})
