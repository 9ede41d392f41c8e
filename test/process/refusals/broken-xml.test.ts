import { expect, it } from 'vitest'
import { description, failure, place } from '../support/cli.ts'

it('XML that is not well formed is shown with its line', async () => {
  await using here = await place()
  await here.write('config.xml', description().replace('</preferences>', '</preference>'))
  const [problem, ...others] = await failure(here, 'description', ['--description', '.'])
  expect(problem).toMatch(/^config\.xml:10: /)
  expect(others).toEqual([])
})
