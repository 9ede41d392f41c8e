import { expect, it } from 'vitest'
import { description, place, refusals } from '../support/cli.ts'

it("values of the description's <containerconfig> that no image can have are refused with their lines", async () => {
  await using here = await place()
  const config =
    '<containerconfig name="a b" tag="1:2"\nworkingdir="rel">\n<stopsignal>SIGFOO</stopsignal>\n</containerconfig>'
  const type = `<type image="oem" filesystem="ext4" format="oci:qcow2">${config}</type>`
  await here.write('config.xml', description({ type }))
  expect(await refusals(here, ['--description', '.'])).toEqual([
    expect.stringMatching(/^config\.xml:9: <containerconfig> name: /),
    expect.stringMatching(/^config\.xml:9: <containerconfig> tag: /),
    expect.stringMatching(/^config\.xml:10: <containerconfig> workingdir: /),
    expect.stringMatching(/^config\.xml:11: <containerconfig> stopsignal: /),
  ])
})
