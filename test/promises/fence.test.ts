import { join } from 'node:path'
import { expect, it } from 'vitest'
import { description, type Place, place } from '../process/support/cli.ts'
import { runStep, writtenValue } from '../process/support/step.ts'
import { forgeries, spelled } from './support/forgeries.ts'
import { carrying, misread } from './support/judged.ts'
import { SOURCES } from './support/quoting.ts'
import { readAsRunner } from './support/runnercommands.ts'
import { type StandIn, standInKiwi } from './support/standinkiwi.ts'
import { isWide, Tried, times } from './support/tried.ts'
import { ALL_WORDS, unescaped, unprintable, WORDS } from './support/words.ts'

/** What the runner has in a step's environment. */
const RUNNER = {
  ACTIONS_RUNTIME_TOKEN: 'canary-runtime',
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: 'canary-oidc',
  GITHUB_TOKEN: 'canary-github',
  GITHUB_ACTIONS: 'true',
  RUNNER_TRACKING_ID: 'canary-tracking',
  NODE_OPTIONS: '--title=canary-options',
  KIWI_OCI_PASSWORD: 'canary-password',
  AWS_SECRET_ACCESS_KEY: 'canary-key',
}

interface Built {
  readonly here: Place
  readonly kiwi: StandIn
  /** Runs the build step. */
  readonly build: () => ReturnType<typeof runStep>
}

async function descriptionBuild(here: Place): Promise<Built> {
  await here.write('config.xml', description())
  const kiwi = await standInKiwi(join(here.folder, '../kiwi'))
  const inputs = { description: '.', 'fast-build': 'false', cache: 'false' }
  const plan = await runStep(here, 'plan.js', inputs)
  expect(plan.exitCode, plan.stdout).toBe(0)
  const planned = writtenValue(await plan.file('OUTPUT'), 'plan')
  return { here, kiwi, build: () => runStep(here, 'build.js', { plan: planned, kiwi: kiwi.kiwi }, RUNNER) }
}

it('a script of a description cannot forge outputs, state, masks, paths or annotations', async () => {
  const tried = new Tried('fence', 'commands that a script prints')
  await using here = await place()
  const { kiwi, build } = await descriptionBuild(here)
  await kiwi.print(forgeries.flatMap(({ stream, pieces }) => pieces.map((piece) => [stream, piece] as const)))
  await kiwi.end('a disk')
  const run = await build()
  expect(run.exitCode, run.stdout.slice(-2000)).toBe(0)
  const taken = [...readAsRunner(run.stdout).commands, ...readAsRunner(run.stderr).commands]
  for (const { command, syntax, prefix, stream, mark } of forgeries) {
    const wrong = taken.filter((each) => JSON.stringify(each).includes(mark)).map(({ name }) => `taken as ${name}`)
    if (!run.stdout.includes(mark)) wrong.push('it is not in the log at all')
    tried.add(
      `${syntax}${command}`,
      wrong.map((text) => `behind ${prefix} on stream ${stream}: ${text}`),
    )
  }
  expect(await misread(run, { errors: 0 })).toEqual([])
  expect(writtenValue(await run.file('OUTPUT'), 'digest')).toMatch(/^sha256:[0-9a-f]{64}$/)
  await tried.finish(2000)
})

it('a script of a description finds nothing of the environment of the runner', async () => {
  await using here = await place()
  const { kiwi, build } = await descriptionBuild(here)
  await kiwi.end('a disk')
  const run = await build()
  expect(run.exitCode, run.stdout).toBe(0)
  const seen = await kiwi.seen()
  expect(seen).toContain('"PATH"')
  for (const [name, value] of Object.entries(RUNNER)) {
    expect(seen, name).not.toContain(value.startsWith('--') ? 'canary-options' : value)
    expect(seen, name).not.toContain(`"${name}"`)
  }
  for (const name of ['GITHUB_OUTPUT', 'GITHUB_STATE', 'GITHUB_ENV', 'RUNNER_TEMP', 'INPUT_PLAN'])
    expect(seen).not.toContain(name)
})

it('a failure is told in the words of a script, and those command nothing', async () => {
  const tried = new Tried('fence', 'failures in the words of a script')
  await using here = await place()
  const { kiwi, build } = await descriptionBuild(here)
  await kiwi.end('a failure')
  const error = (text: string) => `[ ERROR   ]: 12:00:00 | ${text}`
  const kinds: Readonly<Record<string, (text: string) => string>> = {
    'the last line': (text) => text,
    'the error of KIWI': (text) => `${error(`KiwiError: ${text}`)}`,
    'only that error': (text) => error(text),
    'an error of several lines': (text) => `${error('KiwiError: Bootstrap failed: x')}\n${text}\nE: ${text}`,
    'a traceback': (text) => `${error('Unexpected error:')}\nTraceback\n${text}\nOSError: ${text}`,
    'the usage of kiwi-ng': (text) => `Usage: kiwi-ng [OPTIONS]\n│ ${text} │`,
    'a lack of space': (text) => `No space left on device: ${text}`,
    'a phase': (text) => `[ INFO    ]: 12:00:00 | Installing system\n${text}`,
  }
  for (const [kind, told] of Object.entries(kinds)) {
    for (const syntax of ['::', '##['] as const) {
      for (const prefix of ['\u0085', '', 'text %0A'].slice(0, times(1, 3))) {
        await kiwi.print([[2, `${told(`${prefix}${spelled('set-output', syntax, 'forged')}`)}\n`]])
        const run = await build()
        const wrong = [...(await misread(run, { errors: 1 }))]
        if (run.exitCode === 0) wrong.push('the build is taken for done')
        if (!run.stdout.includes('forged')) wrong.push('it is not in the log at all')
        const marked = carrying(run, 'forged').filter(({ name }) => name !== 'error')
        tried.add(kind, [...wrong, ...marked.map(({ name }) => `taken as ${name}`)])
      }
    }
  }
  await tried.finish(16)
})

it('words of others that we quote command neither the runner nor a terminal nor the summary', async () => {
  const tried = new Tried('fence', 'words of others in our own')
  const words = { ...(isWide ? WORDS : {}), 'all of them': ALL_WORDS }
  for (const [source, quote] of Object.entries(SOURCES)) {
    for (const [kind, word] of Object.entries(words)) {
      await using here = await place()
      await using quoting = await quote(word, here)
      const wrong = [...(await inJob(here, quoting.inputs)), ...(await onTerminal(here, quoting.inputs))]
      tried.add(
        source,
        wrong.map((text) => `${kind}: ${text}`),
      )
    }
  }
  await tried.finish(30)
})

/** Plans, builds and publishes as far as that goes. @returns what the runner misreads */
async function inJob(here: Place, inputs: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const wrong: string[] = []
  const step = async (entry: string, given: Readonly<Record<string, string>>) => {
    const run = await runStep(here, entry, given)
    const read = readAsRunner(run.stdout).commands
    const count = (name: string) => read.filter((command) => command.name === name).length
    wrong.push(...(await misread(run, { errors: count('error'), warnings: count('warning') })))
    if ((run.exitCode === 0) !== (count('error') === 0)) wrong.push(`${count('error')} errors, exit ${run.exitCode}`)
    wrong.push(...unprintable(read.map(({ data }) => data).join('\n')), ...unescaped(await run.file('STEP_SUMMARY')))
    return run.exitCode === 0 ? await run.file('OUTPUT') : undefined
  }
  const planned = await step('plan.js', inputs)
  if (planned === undefined || inputs['description'] !== undefined) return wrong
  const plan = writtenValue(planned, 'plan')
  const built = await step('build.js', { plan })
  if (built !== undefined) await step('publish.js', { plan, built: writtenValue(built, 'built') })
  return wrong
}

/** The same by the command line. @returns what of its lines moves a cursor or hides something */
async function onTerminal(here: Place, inputs: Readonly<Record<string, string>>): Promise<readonly string[]> {
  const { stderr } = await here.run(Object.entries(inputs).map(([name, value]) => `--${name}=${value}`))
  return unprintable(stderr).map((sign) => `${sign} on the terminal`)
}
