import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('a type that yields no disk is shown with its line, and what to write', async () => {
  await using here = await place()
  await here.write('config.xml', description({ type: '<type image="iso"/>' }))
  expect(await refusals(here, ['--description', '.'])).toEqual([
    'config.xml:9: the type image="iso" yields no disk: write image="oem"',
  ])
})
