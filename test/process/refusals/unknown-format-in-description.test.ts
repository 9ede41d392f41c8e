import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it('an unknown format in the description is shown with its line', async () => {
  await using here = await place()
  await here.write('config.xml', description({ type: '<type image="oem" filesystem="ext4" format="oci:qcow3"/>' }))
  const [problem, ...others] = await refusals(here, ['--description', '.'])
  expect(problem).toMatch(/^config\.xml:9: format="oci:qcow3" is not known: did you mean qcow2\? .*: write qcow2, raw/)
  expect(others).toEqual([])
})
