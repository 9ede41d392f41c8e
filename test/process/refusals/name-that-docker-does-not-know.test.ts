import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('a name in upper case for an archive of docker, with its line', async () => {
  await using here = await place()
  const config = '<containerconfig name="Acme/App"/>'
  const type = `<type image="oem" filesystem="ext4" format="docker:qcow2">${config}</type>`
  await here.write('config.xml', description({ type }))
  expect(await refusals(here, ['--description', '.'])).toEqual([
    expect.stringMatching(/^config\.xml:9: 'Acme\/App:latest' is no name that docker knows: .*write acme\/app$/),
  ])
})
