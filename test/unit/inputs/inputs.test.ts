import { expect, it } from 'vitest'
import { readInputs } from '../../../src/inputs/inputs.ts'
import { type InputName, rawEntries } from '../../../src/inputs/raw.ts'

const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

function read(
  texts: Partial<Record<InputName, string>>,
  facts: Partial<typeof FACTS> & { sourceDateEpoch?: string } = {},
) {
  const entries = Object.entries(texts) as [InputName, string][]
  const raw = new Map(entries.map(([name, text]) => [name, rawEntries(name, text)] as const))
  const { inputs, problems } = readInputs(raw, { ...FACTS, ...facts })
  return { inputs, problems: problems.map(({ where, text }) => `${where}: ${text}`) }
}

it('has a default for everything', () => {
  const { inputs, problems } = read({})
  expect(problems).toEqual([])
  expect(inputs).toMatchObject({
    compression: { algorithm: 'gzip' },
    platform: { os: 'linux', architecture: 'amd64' },
    push: false,
    tlsVerify: true,
    cache: true,
    fastBuild: true,
    installTools: true,
    summary: true,
    kiwiVersion: '11.1.6',
  })
})

it('takes an empty text for one that is not given', () => {
  expect(read({ format: '', push: '', tags: '\n' }).inputs).toMatchObject({ push: false, tags: [] })
})

it('splits tags at commas and other lists at lines alone', () => {
  const { inputs } = read({ tags: 'r/a:1,r/a:2\n r/a:3 \n', labels: 'a=1,2\nb=c=d\nempty=' })
  expect(inputs.tags).toEqual(['r/a:1', 'r/a:2', 'r/a:3'].map((tag) => `docker.io/${tag}`))
  expect(inputs.labels).toEqual({ a: '1,2', b: 'c=d', empty: '' })
})

it('keeps the spelling of numbers in containerconfig', () => {
  const { inputs } = read({ containerconfig: 'env: {PY: 3.10, MODE: 010, E: 1e3}\nlabels: {v: 1.0}\nuser: 0100' })
  expect(inputs.containerconfig).toMatchObject({
    env: { PY: '3.10', MODE: '010', E: '1e3' },
    labels: { v: '1.0' },
    user: '0100',
  })
})

it('takes null in containerconfig for a clearing and a quoted one for a text', () => {
  expect(read({ containerconfig: 'cmd: null\nuser: ~\nenv: {A: null, B: "null"}' }).inputs.containerconfig).toEqual({
    cmd: null,
    user: null,
    env: { A: null, B: 'null' },
  })
})

it('takes containerconfig of which every line is indented', () => {
  const { inputs, problems } = read({ containerconfig: '  user: me\n  workdir: /x\n' })
  expect(problems).toEqual([])
  expect(inputs.containerconfig).toEqual({ user: 'me', workdir: '/x' })
})

it.each([
  ['/.wh.disk', /^input disk-path: /],
  ['/disk/', /^input disk-path: /],
  ['/disk//a', /^input disk-path: /],
  ['/disk/a\u0007', /^input disk-path: /],
])('refuses the disk-path %j before anything is built', (path, problem) => {
  expect(read({ 'disk-path': path }).problems).toEqual([expect.stringMatching(problem)])
})

it('takes a login, and its registry without a scheme', () => {
  const login = { username: 'me', password: ' secret ' }
  expect(read({ ...login, registry: 'https://ghcr.io/' }).inputs).toMatchObject({ login, registry: 'ghcr.io' })
  expect(read({ ...login, registry: 'https://ghcr.io/acme x' }).problems).toEqual([
    expect.stringMatching(/^input registry: .*is no registry/),
  ])
})

it('takes none for no export at all, and nothing for what the description says', () => {
  expect(read({ export: 'none' }).inputs.exports).toEqual([])
  expect(read({}).inputs.exports).toBeUndefined()
  expect(read({ export: 'none\noci:x' }).problems).toEqual([
    'input export: none stands beside others: write none alone, or leave it out',
  ])
})

it('takes SOURCE_DATE_EPOCH where no input says otherwise', () => {
  expect(read({}, { sourceDateEpoch: '17' }).inputs.sourceDateEpoch).toBe(17)
  expect(read({ 'source-date-epoch': '18' }, { sourceDateEpoch: '17' }).inputs.sourceDateEpoch).toBe(18)
  expect(read({}, { sourceDateEpoch: 'now' }).problems).toEqual([
    "input source-date-epoch: the variable SOURCE_DATE_EPOCH is 'now': write whole seconds since 1970, like 1700000000",
  ])
})

it('takes annotations of every level, one for each platform that is named', () => {
  const { inputs, problems } = read({
    annotations: 'a=b=c,d\nmanifest,index:e=f\nmanifest-descriptor[linux/arm64]:g=h',
  })
  expect(problems).toEqual([])
  expect(inputs.annotations).toEqual([
    { levels: ['manifest'], key: 'a', value: 'b=c,d' },
    { levels: ['manifest', 'index'], key: 'e', value: 'f' },
    { levels: ['manifest-descriptor'], platform: { os: 'linux', architecture: 'arm64' }, key: 'g', value: 'h' },
  ])
})

it('refuses annotations of an unknown level, and those by which consumers choose', () => {
  expect(read({ annotations: 'layer:a=b\nmanifest-descriptor:disktype=qemu' }).problems).toEqual([
    expect.stringMatching(/^input annotations: 'layer:a=b': 'layer' is no level of annotations: /),
    expect.stringMatching(/^input annotations: 'manifest-descriptor:disktype=qemu': disktype .*: leave it out$/),
  ])
})
