import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('all problems of inputs and description come at once', async () => {
  await using here = await place()
  await here.write('config.xml', description({ type: '<type image="pxe"/>' }))
  const args = [
    '--description',
    '.',
    '--authfile',
    'none.json',
    '--platform',
    'x',
    '--compression',
    'lzma',
    '--tls-verify=perhaps',
  ]
  const problems = await refusals(here, args)
  expect(problems.map((problem) => problem.split(': ')[0])).toEqual([
    '--platform',
    '--compression',
    '--tls-verify',
    '--authfile',
    'config.xml:9',
  ])
})
