import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('names and tags in containerconfig that no container can have', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const containerconfig = '{name: acme/app:1, tag: a b, additionalnames: [":"]}'
  expect(await refusals(here, ['--disk', 'a.raw', '--containerconfig', containerconfig])).toEqual([
    '--containerconfig: name: "acme/app:1" is more than a name: write the tag as tag',
    expect.stringMatching(/^--containerconfig: tag: "a b" is not a tag: /),
    expect.stringMatching(/^--containerconfig: additionalnames: ":" names nothing: /),
  ])
})
