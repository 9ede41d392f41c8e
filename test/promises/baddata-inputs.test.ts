import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { parseArguments } from '../../src/inputs/arguments.ts'
import { parseContainerconfig, readContainerconfig } from '../../src/inputs/containerconfig.ts'
import { asFlags } from '../../src/inputs/flagwords.ts'
import { readInputs } from '../../src/inputs/inputs.ts'
import { readMergeInputs } from '../../src/inputs/mergeinputs.ts'
import { INPUT_NAMES, type InputName, MERGE_NAMES } from '../../src/inputs/raw.ts'
import { plannedDestinations } from '../../src/job/publish.ts'
import { pushedImages } from '../../src/matrix/images.ts'
import { readMatrix } from '../../src/matrix/matrixjob.ts'
import { taggedRepository } from '../../src/matrix/repository.ts'
import { parseAnnotation } from '../../src/oci/annotations.ts'
import { changedConfig, parseConfig } from '../../src/oci/container/config.ts'
import { documentBytes } from '../../src/oci/document.ts'
import { parseCompression } from '../../src/oci/packing/compression.ts'
import { parsePlatform, platformText } from '../../src/oci/platform.ts'
import { parseReference, referenceText } from '../../src/oci/reference.ts'
import { planLines } from '../../src/plan/lines.ts'
import { mergePlan } from '../../src/plan/merging.ts'
import { makePlan } from '../../src/plan/planning.ts'
import { parsePlan, planText } from '../../src/plan/plantext.ts'
import { parseBase, parseDerivedFrom, publishedName } from '../../src/registry/base/basename.ts'
import {
  imageNameText,
  parseDestination,
  parseRegistry,
  parseRepository,
  parseTag,
} from '../../src/registry/transport.ts'
import { takeInputs } from '../../src/runner.ts'
import { description } from '../process/support/cli.ts'
import { fuzz } from './support/fuzzed.ts'
import { CONTAINERCONFIGS, GOOD_INPUTS, REFERENCES, WORDS } from './support/goodinputs.ts'
import { sandbox } from './support/sandbox.ts'
import { Tried } from './support/tried.ts'
import { changedText, wildJson, wildText } from './support/wildvalue.ts'

const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

/** One input as somebody may write it: as it should be, nearly so, or anything. */
const written = (name: InputName) => {
  const good = GOOD_INPUTS[name] ?? ['x']
  return fc.oneof(
    { weight: 4, arbitrary: fc.constantFrom(...good) },
    { weight: 2, arbitrary: changedText(good, WORDS) },
    { weight: 1, arbitrary: wildText },
  )
}

/** A few of the inputs; of what is built always one, which may be good. */
function given(
  names: readonly InputName[],
  always: readonly InputName[],
): fc.Arbitrary<ReadonlyMap<InputName, string>> {
  const pair = fc.constantFrom(...names).chain((name) => written(name).map((text) => [name, text] as const))
  const first = fc.constantFrom(...always).chain((name) => written(name).map((text) => [name, text] as const))
  return fc.tuple(first, fc.array(pair, { maxLength: 5 })).map(([one, more]) => new Map([one, ...more]))
}

/** The environment in which a runner starts a step. */
const asEnvironment = (inputs: ReadonlyMap<InputName, string>) =>
  Object.fromEntries([...inputs].map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text]))

async function fill(folder: string): Promise<void> {
  await mkdir(join(folder, 'description'))
  await writeFile(join(folder, 'description/config.xml'), description())
  await writeFile(join(folder, 'disk.raw'), Buffer.alloc(4096, 1))
}

it('inputs of an action and a command line are planned or refused, with nothing touched and no program started', async () => {
  const tried = new Tried('baddata-inputs', 'wild inputs, references, command lines and containerconfigs')
  await using box = await sandbox()
  await fill(box.inside)
  const placed = (text: string) => text.replaceAll('$INSIDE', box.inside)

  await fuzz(tried, 'inputs of the action', {
    narrow: 1500,
    values: given(INPUT_NAMES, ['disk', 'description']),
    look: async (inputs) => {
      const environment = asEnvironment(new Map([...inputs].map(([name, text]) => [name, placed(text)])))
      const taken = takeInputs(environment)
      expect(Object.keys(environment)).toEqual([])
      const read = readInputs(taken.raw, FACTS)
      const plan = await makePlan({ ...read, problems: [...taken.problems, ...read.problems] }, FACTS)
      expect(planText(parsePlan(planText(plan)))).toBe(planText(plan))
      planLines(plan)
      plannedDestinations(plan)
    },
  })
  await fuzz(tried, 'inputs of a merge', {
    narrow: 500,
    values: given(MERGE_NAMES, ['images']),
    look: (inputs) => {
      const taken = takeInputs(asEnvironment(inputs), MERGE_NAMES)
      const read = readMergeInputs(taken.raw, FACTS)
      return mergePlan({ ...read, problems: [...taken.problems, ...read.problems] })
    },
  })
  const word = fc.oneof(
    {
      weight: 3,
      arbitrary: fc.constantFrom(...INPUT_NAMES, 'help', 'version', 'metadata-file', 'x').map((name) => `--${name}`),
    },
    { weight: 1, arbitrary: fc.constantFrom('merge', 'mrege', 'help', '-h', '-V', '--', '--=', '---') },
    {
      weight: 2,
      arbitrary: fc.constantFrom(...INPUT_NAMES).chain((name) => written(name).map((text) => `--${name}=${text}`)),
    },
    { weight: 2, arbitrary: wildText },
  )
  await fuzz(tried, 'command lines', {
    narrow: 1500,
    values: fc.array(word, { maxLength: 8 }),
    look: async (words) => {
      const line = parseArguments(words)
      const read = line.command === 'merge' ? readMergeInputs(line.raw, FACTS) : readInputs(line.raw, FACTS)
      for (const { where, text } of [...line.problems, ...read.problems]) asFlags(`${where}: ${text}`)
      if (line.command === 'merge') return
      const { inputs, problems } = readInputs(line.raw, FACTS)
      await makePlan({ inputs, problems: [...line.problems, ...problems] }, FACTS)
    },
  })
  await fuzz(tried, 'references', {
    narrow: 3000,
    values: changedText(REFERENCES, WORDS),
    look: (text) => {
      const read = parseReference(text)
      if (typeof read !== 'string') {
        expect(read.repository).toMatch(/^[a-z0-9]+(?:[._-]+[a-z0-9]+)*(?:\/[a-z0-9]+(?:[._-]+[a-z0-9]+)*)*$/)
        expect(read.registry).toMatch(/^[A-Za-z0-9.[\]:-]+$/)
        expect(parseReference(referenceText(read))).toEqual(read)
      }
      for (const parse of [parseTag, parseRepository, parseRegistry]) parse(text)
      const destination = parseDestination(text)
      if (!('problem' in destination)) expect(parseDestination(imageNameText(destination))).toEqual(destination)
      const base = parseBase(text)
      parseDerivedFrom(text)
      if (base !== 'scratch' && !('problem' in base) && base.transport !== 'path') publishedName(base)
    },
  })
  await fuzz(tried, 'platforms, annotations, compressions, matrices', {
    narrow: 1500,
    values: changedText(['linux/amd64', 'linux/arm64/v8=a,b', 'index,manifest[linux/amd64]:a.b=c', 'gzip:9'], WORDS),
    look: (text) => {
      const platform = parsePlatform(text)
      if (platform !== undefined) expect(parsePlatform(platformText(platform))).toEqual(platform)
      parseAnnotation(text)
      parseCompression(text)
      readMatrix(text)
      taggedRepository(text)
    },
  })
  const digests = fc.oneof(
    wildText,
    fc.record({ 'digest-0': wildJson, 'digest-1': wildJson }).map((each) => JSON.stringify(each)),
  )
  await fuzz(tried, 'digests that the jobs of a matrix hand over', {
    narrow: 500,
    values: digests,
    look: (text) => pushedImages(readMatrix('linux/amd64,linux/arm64').jobs, 'ghcr.io/acme/x', text),
  })
  const base = parseConfig(Buffer.from('{"architecture":"amd64","os":"linux","rootfs":{"type":"layers"}}'))
  await fuzz(tried, 'containerconfigs', {
    narrow: 1500,
    values: fc.oneof(
      { weight: 4, arbitrary: changedText(CONTAINERCONFIGS, WORDS) },
      { weight: 1, arbitrary: wildJson.map((value) => JSON.stringify(value) ?? '') },
    ),
    look: (text) => {
      const { changes, problems } = readContainerconfig(text)
      if (problems.length > 0) return
      const update = {
        platform: FACTS.machine,
        diffID: `sha256:${'0'.repeat(64)}`,
        epochSeconds: 0,
        createdBy: 'x',
      } as const
      const config = changedConfig(base, { ...update, changes })
      expect(parseConfig(documentBytes(config))).toEqual(JSON.parse(JSON.stringify(config)))
    },
  })
  await fuzz(tried, 'parsed containerconfigs', {
    narrow: 500,
    values: wildJson,
    look: (value) => parseContainerconfig(value),
  })

  tried.add('nothing is written anywhere', await box.changes())
  await tried.finish(10_000)
})
