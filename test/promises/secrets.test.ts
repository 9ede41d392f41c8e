import type { ChildProcess } from 'node:child_process'
import { afterAll, beforeAll, expect, it } from 'vitest'
import type { Run } from '../process/support/cli.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { CANARIES, canariesBelow, LOGIN } from './support/canaries.ts'
import { type Answer, listen, refusing, repeating, silent } from './support/listener.ts'
import { REDIRECTED, redirecting } from './support/redirecting.ts'
import { type OnStart, type SecretJob, secretJob } from './support/secretjob.ts'
import { isWide, Tried, times } from './support/tried.ts'

let registry: Registry

beforeAll(async () => {
  registry = await startRegistry({ htpasswd: { user: LOGIN.username, password: LOGIN.password } })
})
afterAll(() => registry?.stop())

/** One way for a job to end, tried by the action and twice by the command line. */
interface Scenario {
  readonly inputs: (address: string, job: SecretJob) => Readonly<Record<string, string>>
  /** The login of the job; the usual one where left out, none where undefined. */
  readonly login?: { readonly username: string; readonly password: string } | undefined
  readonly exitCode: 0 | 1 | 2
  /** Text that tells this end from others. */
  readonly said?: string
  /** In the place of the registry. */
  readonly server?: Answer
  /** Sent when the server got the login at something else than the first question. */
  readonly signal?: NodeJS.Signals
  /** The user's file has a login for it. */
  readonly isUsers?: true
  readonly variables?: Readonly<Record<string, string>>
  readonly isMerge?: true
}

const push = (address: string) => ({ disk: 'a.raw', push: 'true', tags: `${address}/acme/a:1` })
const base = (address: string) => ({ disk: 'a.raw', 'base-image': `${address}/acme/base:1` })
const merge = (address: string) => ({
  images: `${address}/acme/a@sha256:${'0'.repeat(64)}`,
  tags: `${address}/acme/a:1`,
})
const own = { login: undefined, isUsers: true } as const
const wrongLogin = { username: LOGIN.username, password: CANARIES['wrong password'] }

const SCENARIOS: Readonly<Record<string, Scenario>> = {
  'a push': { inputs: push, exitCode: 0 },
  'an export': { inputs: (registry) => ({ disk: 'a.raw', export: 'oci:image:1', registry }), exitCode: 0 },
  'an input that is refused': { inputs: (at) => ({ ...push(at), compression: 'best' }), exitCode: 2 },
  'a password without a name': {
    inputs: push,
    login: { ...LOGIN, username: '' },
    exitCode: 2,
    said: 'login needs both',
  },
  'a wrong password': { inputs: push, login: wrongLogin, exitCode: 1, said: 'the login to' },
  'a login that is refused and repeated': { inputs: push, exitCode: 1, said: 'the login to', server: refusing },
  'a push that is denied, the login repeated': { inputs: push, exitCode: 1, said: 'which is ***', server: repeating },
  'a push with the login of the user': { inputs: push, ...own, exitCode: 1, said: 'which is ***', server: repeating },
  'a base with the login of the user': { inputs: base, ...own, exitCode: 1, said: 'which is ***', server: repeating },
  'a base with a login of a helper': {
    inputs: base,
    login: undefined,
    exitCode: 1,
    said: 'which is ***',
    server: repeating,
  },
  'a file of logins as input': {
    inputs: (at, { users }) => ({ ...push(at), authfile: users }),
    ...own,
    exitCode: 1,
    said: 'which is ***',
    server: repeating,
  },
  'a proxy that is none': {
    inputs: push,
    variables: { https_proxy: `http://proxyuser:${CANARIES.proxy}@127.0.0.1:99999` },
    exitCode: 0,
  },
  'a push that is canceled': { inputs: push, exitCode: 1, said: 'canceled', server: silent, signal: 'SIGTERM' },
  'a push that is killed': { inputs: push, exitCode: 1, server: silent, signal: 'SIGKILL' },
  'a merge that is denied': { inputs: merge, isMerge: true, exitCode: 1, said: 'which is ***', server: repeating },
  'a merge that is killed': { inputs: merge, isMerge: true, exitCode: 1, server: silent, signal: 'SIGKILL' },
}

const WAYS = ['the action', 'the command line by its input', 'the command line by a variable'] as const

it('no secret is where it does not belong, however a job ends', async () => {
  const tried = new Tried('secrets', 'canaries in ways for a job to end')
  for (const [index, [name, scenario]] of Object.entries(SCENARIOS).entries()) {
    // In the narrow form one of the command line's two.
    for (const way of WAYS.filter((_, at) => isWide || at !== 1 + (index % 2))) {
      const wrong = await play(scenario, way)
      const kind = `${name}, by ${way}`
      for (const canary of Object.keys(CANARIES))
        tried.add(
          kind,
          wrong.filter((text) => text.startsWith(`${canary} `)),
        )
      tried.add(
        kind,
        wrong.filter((text) => !Object.keys(CANARIES).some((canary) => text.startsWith(`${canary} `))),
      )
    }
  }
  expect(await canariesBelow(registry.storage)).toEqual([])
  await tried.finish(times(320, 480))
})

it('no other host gets a login, wherever a registry sends us', async () => {
  const tried = new Tried('secrets', 'ways of a registry to send us to another host')
  for (const scheme of ['Basic', 'Bearer'] as const) {
    for (const kind of REDIRECTED) {
      await using other = await listen((_, answer) => answer.writeHead(403).end(), '127.0.0.2')
      await using evil = await listen(redirecting(kind, scheme, other.address))
      await using job = await secretJob()
      const inputs = kind.startsWith('GET') ? { ...base(evil.address), registry: evil.address } : push(evil.address)
      const flags = Object.entries({ ...inputs, username: LOGIN.username }).map(([key, value]) => `--${key}=${value}`)
      await job.run(flags, { from: 'input', password: LOGIN.password })
      const wrong = other.asked.filter(({ authorization }) => authorization !== undefined)
      // Where logins are checked is asked without one, and no more is asked then.
      const isTold = kind.startsWith('realm') ? evil.asked.length > 0 : other.asked.length > 0
      tried.add(`${kind}, ${scheme}`, [
        ...wrong.map(({ request }) => `${request} came with a login`),
        ...(isTold ? [] : ['we were not sent there']),
      ])
    }
  }
  await tried.finish(16)
})

/** @returns where a secret is that must not be; throws where the job ends in another way */
async function play(scenario: Scenario, way: (typeof WAYS)[number]): Promise<readonly string[]> {
  await using job = await secretJob(scenario.variables)
  await using server = scenario.server === undefined ? undefined : await listen(scenario.server)
  const address = server?.address ?? registry.address
  if (scenario.isUsers) await job.userLogin(address)
  const stop = async (child: ChildProcess) => {
    const isAsked = () =>
      server?.asked.some(({ request, authorization }) => authorization && !request.endsWith(' /v2/'))
    while (!isAsked()) await server?.next()
    child.kill(scenario.signal)
  }
  const onStart: OnStart | undefined = scenario.signal === undefined ? undefined : (child) => void stop(child)
  const run = await started(job, scenario, { way, address, onStart })
  expect(run.exitCode, `${run.stdout}${run.stderr}`).toBe(scenario.signal === 'SIGKILL' ? null : scenario.exitCode)
  expect(`${run.stdout}${run.stderr}`).toContain(scenario.said ?? '')
  // A guardian removes what a killed process left, a moment later.
  if (scenario.signal === 'SIGKILL') await expect.poll(() => job.here.leftovers(), { timeout: 10_000 }).toEqual([])
  return await job.wrong()
}

interface Way {
  readonly way: (typeof WAYS)[number]
  readonly address: string
  readonly onStart: OnStart | undefined
}

async function started(job: SecretJob, scenario: Scenario, { way, address, onStart }: Way): Promise<Run> {
  const { username = '', password = '' } = ('login' in scenario ? scenario.login : LOGIN) ?? {}
  const inputs = scenario.inputs(address, job)
  if (way === 'the action') {
    const all = { ...inputs, username, password }
    return scenario.isMerge ? await job.merge(all, onStart) : await job.steps(all, onStart)
  }
  const flags = Object.entries({ ...inputs, ...(username === '' ? {} : { username }) })
  const args = [...(scenario.isMerge ? ['merge'] : []), ...flags.map(([name, value]) => `--${name}=${value}`)]
  const from = way === 'the command line by a variable' ? 'variable' : 'input'
  return await job.run(args, { from, ...(password === '' ? {} : { password }), onStart })
}
