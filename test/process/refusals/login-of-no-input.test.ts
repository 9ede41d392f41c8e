import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('a login whose registry only the description names', async () => {
  await using here = await place()
  const config = '<containerconfig name="ghcr.io/acme/app"/>'
  const type = `<type image="oem" filesystem="ext4" format="oci:qcow2">${config}</type>`
  await here.write('config.xml', description({ type }))
  const env = { KIWI_OCI_PASSWORD: 'secret' }
  expect(await refusals(here, ['--description', '.', '--push', '--username', 'me'], { env })).toEqual([
    '--registry: missing, and only the description names one: write the registry that the login is for',
  ])
})
