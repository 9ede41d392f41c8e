import { describe, expect, it } from 'vitest'
import { described, image, preferences, problemsOf } from './described.ts'

/** What is refused of a description whose container section starts at line 3. */
const refused = async (section: string) => {
  const xml = image(preferences(`<type image="oem">\n${section}</type>`))
  const { kind, lines } = await problemsOf(() => described(xml))
  expect(kind).toBe('description')
  return lines
}

const within = (content: string) => `<containerconfig name="a">\n${content}\n</containerconfig>`

describe('a <containerconfig> that KIWI would refuse, and does not see', () => {
  it.each([
    ['<containerconfig/>', '3: <containerconfig> needs name="…"'],
    ['<containerconfig name="a"/><containerconfig name="b"/>', '3: <containerconfig> is there twice: write one'],
    [
      '<containerconfig name="a"\nworkingdri="/"/>',
      '4: <containerconfig> has no attribute workingdri: did you mean workingdir? known are name, tag, additionalnames, maintainer, user, workingdir',
    ],
    [
      '<containerconfig name="a" additionaltags="b"/>',
      '3: <containerconfig> has no attribute additionaltags: known are name, tag, additionalnames, maintainer, user, workingdir',
    ],
    [
      within('<entrypont execute="a"/>'),
      '4: <entrypont> has no place in <containerconfig>: did you mean entrypoint? known are entrypoint, subcommand, expose, volumes, stopsignal, environment, labels, history',
    ],
    [within('text'), '3: <containerconfig> holds the text "text": remove it'],
    [within('<entrypoint/>'), '4: <entrypoint> takes one of execute="…" and clear="…"'],
    [within('<subcommand execute="a" clear="true"/>'), '4: <subcommand> takes one of execute="…" and clear="…"'],
    [within('<entrypoint clear="yes"/>'), '4: <entrypoint> cannot have clear="yes": write true or false'],
    [within('<entrypoint execute="a"><argument/></entrypoint>'), '4: <argument> needs name="…"'],
    [
      within('<entrypoint execute="a"><argument name="b"><c/></argument></entrypoint>'),
      '4: <c> has no place in <argument>: remove it',
    ],
    [within('<user>a</user>'), expect.stringMatching(/^4: <user> has no place in <containerconfig>: known are /)],
    [within('<expose/>'), '4: <expose> is empty: write a <port …/> in it'],
    [
      within('<expose>\n<port number="80/sctp"/></expose>'),
      '5: <port> cannot have number="80/sctp": write a number, with /tcp or /udp behind it where it matters',
    ],
    [within('<expose a="b"><port number="80"/></expose>'), '4: <expose> has no attribute a: remove it'],
    [
      within('<volumes><volume path="/"/></volumes>'),
      expect.stringMatching(/^4: <volume> has no attribute path: known are name,/),
    ],
    [within('<environment><env name="a"/></environment>'), '4: <env> needs value="…"'],
    [within('<labels><label value="a"/></labels>'), '4: <label> needs name="…"'],
    [within('<stopsignal>A</stopsignal>\n<stopsignal>B</stopsignal>'), '5: <stopsignal> is there twice: write one'],
    [
      within('<history package_version="1.2.3"/>'),
      '4: <history> cannot have package_version="1.2.3": write four numbers, such as 1.0.0.0',
    ],
    [within('<history package_version="1.2.3.65536"/>'), expect.stringContaining('65536')],
  ])('%s', async (section, line) => {
    const lines = await refused(section)
    expect(lines[0]?.replace(/^config\.xml:/, '')).toEqual(line)
  })

  it('is shown with all that is wrong', async () => {
    const lines = await refused('<containerconfig tags="1">\n<labels/><expose><port/></expose></containerconfig>')
    expect(lines).toEqual([
      expect.stringMatching(/^config\.xml:3: <containerconfig> has no attribute tags: did you mean tag\?/),
      'config.xml:3: <containerconfig> needs name="…"',
      'config.xml:4: <labels> is empty: write a <label …/> in it',
      'config.xml:4: <port> needs number="…"',
    ])
  })

  it('is refused in a type too that is not built', async () => {
    const types = preferences('<type image="oem"/>', '\n<type image="vmx"><containerconfig/></type>')
    expect((await problemsOf(() => described(image(types)))).lines).toEqual([
      'config.xml:3: <containerconfig> needs name="…"',
    ])
  })
})

describe('a <containerconfig> that KIWI takes', () => {
  it.each([
    ['an empty history and white space', within('  <history>\n</history> <!-- text --> ')],
    [
      'what belongs to WSL',
      within('<history package_version=" 0.65535.1000.9 " launcher="a" application_id="b">c</history>'),
    ],
    ['ports with white space around', within('<expose><port number=" 53/udp "/></expose>')],
    ['attributes of a volume of LVM', within('<volumes><volume name="/a" size="1G"/></volumes>')],
    ['a namespace', '<containerconfig xmlns:x="urn:x" name="a"/>'],
  ])('with %s', async (_, section) => {
    await described(image(preferences(`<type image="oem">${section}</type>`)))
  })

  it('is left to KIWI in a type that yields no disk', async () => {
    await described(image(preferences('<type image="docker"><containerconfig wrong="1"/></type>')))
  })
})
