import { execFileSync } from 'node:child_process'
import { existsSync } from 'node:fs'
import { chmod, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type ActBench, actBench } from '../../support/act.ts'

const MADE_UP: Readonly<Record<string, string>> = {
  'package.json': '{"type":"module"}',
  'action.yml': `name: made up
description: greets
inputs:
  word: { description: the word, default: '' }
outputs:
  greeting: { description: the greeting, value: '\${{ steps.greet.outputs.greeting }}' }
runs:
  using: composite
  steps:
    - id: greet
      uses: $/.github/actions/greet # its own file
      with: { word: '\${{ inputs.word }}' }
`,
  '.github/actions/greet/action.yml': `name: greet
description: greets
inputs: { word: { description: the word } }
outputs: { greeting: { description: the greeting } }
runs: { using: node24, main: ../../../dist/greet.js, post: ../../../dist/leave.js }
`,
  'dist/greet.js': `import { appendFileSync, existsSync, readFileSync, writeFileSync } from 'node:fs'
const { env } = process
const note = env.HOME + '/note'
console.log('node', process.version)
console.log('home has', existsSync(note) ? readFileSync(note, 'utf8') : 'nothing')
console.log('hosted', String(env.RUNNER_ENVIRONMENT), 'cache', env.ACTIONS_CACHE_URL ? 'yes' : 'no')
console.log('secret', env.SECRET)
writeFileSync(note, env.INPUT_WORD)
console.log('::group::Greeting')
console.log('::error file=config.xml,line=3::careful')
console.log('::endgroup::')
appendFileSync(env.GITHUB_OUTPUT, 'greeting<<END\\nhello ' + env.INPUT_WORD + '\\nagain\\nEND\\n')
appendFileSync(env.GITHUB_STEP_SUMMARY, '# ' + env.INPUT_WORD + '\\n')
appendFileSync(env.GITHUB_STATE, 'left=' + env.INPUT_WORD + '\\n')
if (env.INPUT_WORD === 'bad') {
  for (let line = 1; line <= 500; line++) console.log('line ' + line)
  process.exitCode = 1
}
`,
  'dist/leave.js': `console.log('leaves', process.env.STATE_left)\n`,
  '.github/workflows/greet-all.yml': `on:
  workflow_call:
    inputs: { words: { type: string } }
    outputs: { all: { value: '\${{ jobs.gather.outputs.all }}' } }
jobs:
  greet:
    runs-on: \${{ matrix.runner }}
    strategy:
      fail-fast: false
      matrix:
        include: \${{ fromJSON(inputs.words) }}
    outputs:
      greeting-0: \${{ matrix.slot == 0 && steps.one.outputs.greeting || '' }}
      greeting-1: \${{ matrix.slot == 1 && steps.one.outputs.greeting || '' }}
    steps:
      - id: one
        uses: $/
        with: { word: '\${{ matrix.word }}' }
  gather:
    needs: greet
    runs-on: ubuntu-latest
    outputs:
      all: \${{ steps.all.outputs.all }}
    steps:
      - id: all
        env: { ALL: '\${{ toJSON(needs.greet.outputs) }}' }
        run: echo "all=$(echo $ALL)" >> "$GITHUB_OUTPUT"
`,
}

const workflow = (word: string) => `on: push
jobs:
  image:
    runs-on: ubuntu-latest
    steps:
      - uses: actions/checkout@v4
      - id: image
        uses: acme/kiwi-oci@v1
        with: { word: '${word}' }
        env: { SECRET: '\${{ secrets.TOKEN }}' }
      - id: after
        if: always()
        run: ls; echo "\${{ steps.image.outputs.greeting }}"
`

async function writeTree(folder: string, files: Readonly<Record<string, string>>): Promise<void> {
  for (const [path, text] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), text)
  }
}

describe('a made-up action under act', () => {
  let repository: string
  let bench: ActBench
  beforeAll(async () => {
    repository = await mkdtemp(join(tmpdir(), 'kiwi-oci-made-up-'))
    await writeTree(repository, { ...MADE_UP, 'dist/untracked.js': '' })
    await chmod(join(repository, 'dist/leave.js'), 0o755)
    execFileSync('git', ['-C', repository, 'init', '-q'])
    execFileSync('git', ['-C', repository, 'add', '--', ...Object.keys(MADE_UP)])
    bench = await actBench({ repository })
  })
  afterAll(async () => {
    await bench?.[Symbol.asyncDispose]()
    await rm(repository, { recursive: true, force: true })
  })

  it('differs from the repository in its references to itself and what act lacks for a matrix only', () => {
    const lines = [9, 13, 14, 17].map((line) => `.github/workflows/greet-all.yml:${line}`)
    expect(bench.rewritten).toEqual([...lines, 'action.yml:11'])
  })

  it('answers with outputs, log, annotations, summary and its post step', async () => {
    const run = await bench.run({
      workflow: workflow('world'),
      files: { 'notes.txt': 'mine' },
      env: { RUNNER_ENVIRONMENT: 'github-hosted' },
      secrets: { TOKEN: 'hidden-from-the-log' },
    })
    expect(run.exitCode).toBe(0)
    expect(run.jobs).toEqual({ image: 'success' })
    expect(run.step('image').outputs).toEqual({ greeting: 'hello world\nagain' })
    const greet = run.step('image/greet')
    expect(greet.lines).toEqual([
      `node ${process.version}`,
      'home has nothing',
      'hosted github-hosted cache yes',
      'secret ***',
      '::group::Greeting',
      '::error file=config.xml,line=3::careful',
      '::endgroup::',
    ])
    expect(greet.commands[1]).toEqual({
      command: 'error',
      text: 'careful',
      properties: { file: 'config.xml', line: '3' },
    })
    expect(run.step('after').lines).toEqual(['notes.txt', 'hello world', 'again'])
    expect(run.summaries).toEqual(['# world\n'])
    expect(run.step('image/greet', 'Post').lines).toEqual(['leaves world'])
  })

  it('keeps its home from one run to the next, and can do without a cache service', async () => {
    await bench.run({ workflow: workflow('first') })
    const second = await bench.run({ workflow: workflow('second'), cache: false })
    expect(second.step('image/greet').lines).toContain('home has first')
    expect(second.log).toContain('image/greet: hosted undefined cache no')
  })

  it('shows every line of a step that fails, and what ran after it', async () => {
    const run = await bench.run({ workflow: workflow('bad') })
    expect(run.exitCode).toBe(1)
    expect(run.jobs).toEqual({ image: 'failure' })
    expect(run.step('image/greet').result).toBe('failure')
    expect(run.step('image/greet').lines.at(-1)).toBe('line 500')
    expect(run.step('after').lines).toContain('hello bad')
    expect(run.step('image/greet', 'Post').lines).toEqual(['leaves bad'])
  })

  it('runs its reusable workflow, and what the jobs of a matrix put out comes together', async () => {
    const words = ['one', 'two', 'three'].map((word, slot) => ({ slot, word, runner: ['self-hosted'] }))
    const text = `on: push
jobs:
  all:
    uses: acme/kiwi-oci/.github/workflows/greet-all.yml@v1
    with: { words: '${JSON.stringify(words)}' }
  after:
    needs: all
    runs-on: ubuntu-latest
    steps:
      - id: show
        env: { ALL: '\${{ needs.all.outputs.all }}' }
        run: echo "$ALL"
`
    const run = await bench.run({ workflow: text })
    expect(run.exitCode, run.log).toBe(0)
    expect(run.jobs).toEqual({ greet: 'success', gather: 'success', after: 'success' })
    const greetings = run.steps.filter(({ id, stage }) => id === 'one/greet' && stage === 'Main')
    expect(greetings.map(({ outputs }) => outputs['greeting'])).toEqual(words.map(({ word }) => `hello ${word}\nagain`))
    expect(JSON.parse(run.step('show').lines.join(''))).toEqual({
      'greeting-0': 'hello one\nagain',
      'greeting-1': 'hello two\nagain',
    })
  })

  it('names the steps there are when asked for another', async () => {
    const run = await bench.run({ workflow: workflow('any') })
    expect(() => run.step('build')).toThrow('no Main step build in this run')
  })

  it('leaves nothing behind', async () => {
    const short = await actBench({ repository })
    await short.run({ workflow: workflow('gone') })
    await short[Symbol.asyncDispose]()
    expect(existsSync(dirname(short.home))).toBe(false)
  })
})

describe('staging', () => {
  it('refuses a repository whose tracked file is missing', async () => {
    const repository = await mkdtemp(join(tmpdir(), 'kiwi-oci-made-up-'))
    try {
      await writeTree(repository, MADE_UP)
      execFileSync('git', ['-C', repository, 'init', '-q'])
      execFileSync('git', ['-C', repository, 'add', '-A'])
      await rm(join(repository, 'dist/leave.js'))
      await expect(actBench({ repository })).rejects.toThrow('dist/leave.js')
    } finally {
      await rm(repository, { recursive: true, force: true })
    }
  })
})
