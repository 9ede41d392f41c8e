import { expect, it } from 'vitest'
import { DISK_FORMAT_NAMES } from '../../../src/disk/format.ts'
import { helpText, parseArguments } from '../../../src/inputs/arguments.ts'
import { INPUT_NAMES, MERGE_NAMES, splitsAtCommas } from '../../../src/inputs/raw.ts'
import { KINDS } from '../../../src/oci/kind.ts'

const problems = (...words: string[]) => parseArguments(words).problems.map(({ where, text }) => `${where}: ${text}`)
const values = (...words: string[]) => Object.fromEntries(parseArguments(words).raw)

it('takes a value as the next word or behind an equals sign', () => {
  expect(values('--disk', 'a.raw', '--format=raw')).toEqual({ disk: ['a.raw'], format: ['raw'] })
})

it('keeps equals signs and commas in values', () => {
  expect(values('--labels', 'a=b=c,d', '--annotations=k=1,2')).toEqual({ labels: ['a=b=c,d'], annotations: ['k=1,2'] })
})

it('collects a repeated flag as a list', () => {
  expect(values('--profiles', 'a', '--profiles', 'b')).toEqual({ profiles: ['a', 'b'] })
})

it('splits tags at commas and lines, as the metadata action writes them', () => {
  expect(values('--tags', 'r/a:1,r/a:2\nr/a:3')).toEqual({ tags: ['r/a:1', 'r/a:2', 'r/a:3'] })
})

it('splits kinds and disktypes at commas', () => {
  const args = ['--kind', 'container,kubevirt', '--kind=artifact', '--disktype', 'qemu,hyperv']
  expect(values(...args)).toEqual({ kind: ['container', 'kubevirt', 'artifact'], disktype: ['qemu', 'hyperv'] })
})

it('takes a boolean alone or with a value', () => {
  expect(values('--push', '--tls-verify=false')).toEqual({ push: ['true'], 'tls-verify': ['false'] })
  expect(values('--tls-verify', 'false', '--push')).toEqual({ push: ['true'], 'tls-verify': ['false'] })
})

it('takes a value that begins with a dash', () => {
  expect(values('--kiwi-arguments', '--clear-cache')).toEqual({ 'kiwi-arguments': ['--clear-cache'] })
})

it('names the flag that was meant', () => {
  expect(problems('--base-imag', 'x')).toEqual(['--base-imag: is no flag of kiwi-oci: did you mean --base-image?'])
  expect(problems('--base', 'alpine', '--descripton', 'x')).toEqual([
    '--base: is no flag of kiwi-oci: did you mean --base-image?',
    '--descripton: is no flag of kiwi-oci: did you mean --description?',
  ])
  expect(problems('--bogus')).toEqual(['--bogus: is no flag of kiwi-oci: see --help'])
  expect(problems('stray')).toEqual(['stray: is no flag: every value belongs to one, like --description stray'])
})

it('refuses a password on the command line and does not repeat it', () => {
  expect(problems('--password', 'hunter2', '--push').join()).toMatch(/^--password: .*--password-stdin$/)
  expect(problems('--password=hunter2').join()).not.toContain('hunter2')
})

it('asks for a missing value', () => {
  expect(problems('--disk')).toEqual(['--disk: needs a value: write --disk FILE'])
  expect(problems('--metadata-file')).toEqual(['--metadata-file: needs a value: write --metadata-file FILE'])
})

it('shows every input but the password in the help', () => {
  for (const name of INPUT_NAMES.filter((known) => known !== 'password')) expect(helpText()).toContain(`--${name}`)
  expect(
    helpText()
      .split('\n')
      .filter((line) => line.length > 120),
  ).toEqual([])
})

it('shows in the help every kind and format, and which lists are split at commas', () => {
  const help = helpText()
  expect(help).toContain(`--kind ${KINDS.join('|')}\n`)
  expect(help).toContain(`--format ${DISK_FORMAT_NAMES.join('|')}\n`)
  for (const command of ['build', 'merge'] as const) {
    const lines = helpText(command)
      .replaceAll(/\n {3,}/g, ' ')
      .split('\n')
    for (const name of command === 'merge' ? MERGE_NAMES : INPUT_NAMES) {
      const row = lines.find((line) => line.startsWith(`  --${name} `)) ?? ''
      expect([name, row.includes('commas')]).toEqual([name, splitsAtCommas(name)])
    }
  }
  expect(helpText('merge')).toContain('at least one')
})

it('knows the usual short ways to ask for help', () => {
  for (const word of ['-h', 'help', '--help'])
    expect(parseArguments([word])).toMatchObject({ help: true, problems: [] })
  expect(parseArguments(['-V'])).toMatchObject({ version: true, problems: [] })
})

it('has a command of its own for a merge, with its own flags', () => {
  expect(parseArguments(['--disk', 'a.raw'])).toMatchObject({ command: 'build', problems: [] })
  const line = parseArguments(['merge', '--images', 'r/a@x r/a@y,r/a@z', '--images', 'r/a@w', '--tags=r/a:1,r/a:2'])
  expect(line).toMatchObject({ command: 'merge', problems: [] })
  expect(Object.fromEntries(line.raw)).toEqual({
    images: ['r/a@x', 'r/a@y', 'r/a@z', 'r/a@w'],
    tags: ['r/a:1', 'r/a:2'],
  })
  expect(problems('merge', '--image', 'x', '--disk', 'y', 'stray')).toEqual([
    '--image: is no flag of kiwi-oci merge: did you mean --images?',
    '--disk: is no flag of kiwi-oci merge: see --help',
    'stray: is no flag: every value belongs to one, like --images stray',
  ])
  expect(problems('--images', 'x')).toEqual(['--images: is no flag of kiwi-oci: see --help'])
})

it.each(['mrege', 'merg', 'Merge', 'mergee'])(
  'says where the first word %s is a slip for merge, and nothing else',
  (word) => {
    expect(problems(word, '--images', 'x', '--tags', 'y')).toEqual([`${word}: is no command: did you mean merge?`])
  },
)

it('shows in the help of a merge its flags and no others', () => {
  const flags = [...helpText('merge').matchAll(/^ {2}--([a-z-]+)/gm)].map(([, name]) => name)
  const own = MERGE_NAMES.filter((name) => name !== 'password')
  expect(flags).toEqual([...own, 'password-stdin', 'version', 'help'])
  expect(
    helpText('merge')
      .split('\n')
      .filter((line) => line.length > 120),
  ).toEqual([])
})

it.each(['toString', 'constructor', '__proto__', 'valueOf'])('takes %s, which every object has, for a word', (word) => {
  expect(problems(word)).toEqual([`${word}: is no flag: every value belongs to one, like --description ${word}`])
})
