import { copyFile, cp, mkdir, readdir, readFile, rm, symlink, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { findDescription } from '../../src/description/find.ts'
import { readDescription } from '../../src/description/read.ts'
import { rewrittenDocuments } from '../../src/description/rewrite.ts'
import { xmlTree } from '../../src/description/xml.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import type { InputName } from '../../src/inputs/raw.ts'
import { plannedDestinations } from '../../src/job/publish.ts'
import { plannedDisks } from '../../src/plan/children.ts'
import { planLines } from '../../src/plan/lines.ts'
import { makePlan } from '../../src/plan/planning.ts'
import { parsePlan, planText } from '../../src/plan/plantext.ts'
import { repositoryRoot } from '../support/tools.ts'
import { fuzz } from './support/fuzzed.ts'
import { sandbox } from './support/sandbox.ts'
import { Tried } from './support/tried.ts'
import { changedBytes, changedText } from './support/wildvalue.ts'

const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }
const FIXTURES = join(repositoryRoot, 'test/fixtures/descriptions')

/** Words and signs of descriptions, of XML and of YAML. */
const WORDS: readonly string[] = [
  ...['<', '>', '/>', '&', '&amp;', '&a;', '&#0;', '&#x110000;', '<!--', '-->', ']]>', '<![CDATA[', '<?x ?>', '"', "'"],
  ...['<!DOCTYPE image [<!ENTITY a "b">]>', '<!DOCTYPE image [<!ENTITY a "&a;">]>', '<!ENTITY a SYSTEM "/etc/passwd">'],
  ...['<!DOCTYPE image [<!ENTITY a "aaaaaaaaaa"><!ENTITY b "&a;&a;&a;&a;&a;&a;&a;&a;"><!ENTITY c "&b;&b;&b;&b;&b;">]>'],
  ...['<include from="this://config.xml"/>', '<include from="../../outside/keep"/>', '<include from="/dev/zero"/>'],
  ...['<type image="oem" format="oci:qcow2:dir"/>', '<containerconfig name="../x" tag=""/>', '<size unit="G">1</size>'],
  ...[' derived_from="file:/dev/zero"', ' bundle_format="%N/../%v"', ' formatoptions="a=b,backing_file=/etc/shadow"'],
  ...[
    '<version>$(x)</version>',
    `<size>${'9'.repeat(400)}</size>`,
    ' name="../../x"',
    ' import="true"',
    ' arch="x86_64"',
  ],
  ...[' profiles="a,,b"', '<requires profile="a"/>', '<repository><source path="obsrepositories:/"/></repository>'],
  ...[
    'image:\n',
    "'@name': ",
    "'#text': ",
    '- ',
    '&x ',
    '*x',
    '<<: *x',
    '!!binary ',
    '|\n',
    '>\n',
    ': ',
    '\n  ',
    '{',
    '[',
  ],
  ...[
    '\u0000',
    '\ufffe',
    '\t',
    '\r',
    '  ',
    '\n',
    'xmlns:a="b"',
    'a:b',
    '__proto__="x"',
    '<__proto__/>',
    'constructor="x"',
  ],
]

interface Fixture {
  readonly name: string
  readonly bytes: Buffer
}

async function fixtures(): Promise<readonly Fixture[]> {
  const found: Fixture[] = []
  for (const entry of await readdir(FIXTURES, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || !/\.(xml|kiwi|ya?ml)$/.test(entry.name)) continue
    const bytes = await readFile(join(entry.parentPath, entry.name))
    if (bytes.length < 20_000) found.push({ name: entry.name.replace(/^.*\./, 'config.'), bytes })
  }
  return found
}

/** As the plan step does it, and what later steps ask of the plan. */
async function planned(folder: string): Promise<void> {
  const raw = new Map<InputName, readonly string[]>([['description', [folder]]])
  const plan = await makePlan(readInputs(raw, FACTS), FACTS)
  expect(parsePlan(planText(plan))).toEqual(JSON.parse(JSON.stringify(plan)))
  planLines(plan)
  plannedDestinations(plan)
  expect(plannedDisks(plan).length).toBeGreaterThan(0)
}

async function rewritten(folder: string): Promise<void> {
  const description = await readDescription(await findDescription(folder))
  for (const [file, text] of rewrittenDocuments(description, {}, new Map())) xmlTree({ file, text })
}

it('descriptions are planned, or refused with file and line', async () => {
  const tried = new Tried('baddata-descriptions', 'wild descriptions')
  await using box = await sandbox()
  const all = await fixtures()
  expect(all.length).toBeGreaterThan(50)
  const folder = join(box.inside, 'description')
  const look = async (name: string, content: string | Buffer) => {
    const place = join(box.inside, name)
    await mkdir(place, { recursive: true })
    await writeFile(join(place, name), content)
    try {
      await planned(place)
    } finally {
      await rewritten(place)
    }
  }
  const textsOf = (ending: RegExp) => all.filter(({ name }) => ending.test(name)).map(({ bytes }) => bytes.toString())

  await fuzz(tried, 'XML', {
    narrow: 2000,
    values: changedText(textsOf(/xml$|kiwi$/), WORDS),
    look: (text) => look('config.xml', text),
  })
  await fuzz(tried, 'YAML', {
    narrow: 1000,
    values: changedText(textsOf(/ya?ml$/), WORDS),
    look: (text) => look('config.yaml', text),
  })
  await fuzz(tried, 'bytes in all encodings', {
    narrow: 1000,
    values: changedBytes(
      all.map(({ bytes }) => bytes),
      [0, 1, 2, 3, 20, 30, 35],
    ),
    look: (bytes) => look('config.xml', bytes),
  })
  const kinds = fc.constantFrom('folder', 'link to itself', 'empty', 'two', 'link outside', 'deep')
  await fuzz(tried, 'folders', {
    narrow: 30,
    wide: 300,
    values: kinds,
    look: async (kind) => {
      await rm(folder, { recursive: true, force: true })
      await mkdir(folder)
      await writeFile(join(folder, 'config.xml'), all[0]?.bytes ?? '')
      await shape(folder, kind)
      await planned(folder)
    },
  })

  tried.add('nothing is written anywhere', await box.changes())
  await tried.finish(4000)
})

async function shape(folder: string, kind: string): Promise<void> {
  const file = join(folder, 'config.xml')
  if (kind === 'two') {
    await copyFile(file, join(folder, 'a.kiwi'))
    await cp(file, join(folder, 'b.kiwi'))
  }
  await rm(file)
  if (kind === 'folder') await mkdir(file)
  if (kind === 'link to itself') await symlink('config.xml', file)
  if (kind === 'link outside') await symlink('../../outside/keep', file)
  if (kind === 'empty') await writeFile(file, '')
  if (kind === 'deep') await writeFile(file, `${'<a>'.repeat(200_000)}`)
}
