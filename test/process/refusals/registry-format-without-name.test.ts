import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('a format for a registry in a description that names no container', async () => {
  await using here = await place()
  await here.write(
    'config.xml',
    description({ type: '<type image="oem" filesystem="ext4" format="oci:qcow2:docker"/>' }),
  )
  expect(await refusals(here, ['--description', '.'])).toEqual([
    expect.stringMatching(/^config\.xml:9: format="oci:qcow2:docker" is for a registry, .*<containerconfig name=/),
  ])
})
