import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('a folder with two descriptions', async () => {
  await using here = await place()
  await here.write('a.kiwi', description())
  await here.write('b.kiwi', description())
  expect(await refusals(here, ['--description', '.'])).toEqual([
    '--description: . holds a.kiwi and b.kiwi: name the file to build, such as a.kiwi',
  ])
})
