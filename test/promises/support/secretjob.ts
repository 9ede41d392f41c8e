import type { ChildProcess } from 'node:child_process'
import { createHash } from 'node:crypto'
import { chmod, mkdir, readFile, stat, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { DISK, type Place, place, type Run } from '../../process/support/cli.ts'
import { runStep, type StepRun, writtenValue } from '../../process/support/step.ts'
import { CANARIES, canariesBelow, canariesIn } from './canaries.ts'
import { readAsRunner } from './runnercommands.ts'
import { spyOn } from './spied.ts'

/** A job with every canary around it. */
export interface SecretJob extends AsyncDisposable {
  readonly here: Place
  /** The user's own file of logins. */
  readonly users: string
  /** Gives the user's own file a login for a host. */
  userLogin(host: string): Promise<void>
  /** Plans, builds and publishes as far as that goes, then does what comes after a job. @returns the last of them */
  steps(inputs: Inputs, onStart?: OnStart): Promise<StepRun>
  /** The step that merges. */
  merge(inputs: Inputs, onStart?: OnStart): Promise<StepRun>
  /** Runs the command line; a password comes from its standard input, or from the variable. */
  run(
    args: readonly string[],
    how: { readonly from: 'input' | 'variable'; readonly password?: string; onStart?: OnStart | undefined },
  ): Promise<Run>
  /** Where a secret is that must not be, once all is over, and what else is not as it has to be. */
  wrong(): Promise<readonly string[]>
}

type Inputs = Readonly<Record<string, string>>
export type OnStart = (child: ChildProcess) => void

const SHARED = {
  ACTIONS_RUNTIME_TOKEN: CANARIES.ACTIONS_RUNTIME_TOKEN,
  ACTIONS_ID_TOKEN_REQUEST_TOKEN: CANARIES.ACTIONS_ID_TOKEN_REQUEST_TOKEN,
  GITHUB_TOKEN: CANARIES.GITHUB_TOKEN,
  https_proxy: `http://proxyuser:${CANARIES.proxy}@127.0.0.1:9`,
  no_proxy: '127.0.0.1,127.0.0.2,localhost',
}

/** docker-credential-helpers: answers every `get` with one login. */
const HELPER = `#!/bin/sh
cat > /dev/null
printf '%s' '${JSON.stringify({ ServerURL: 'x', Username: 'other', Secret: CANARIES["helper's password"] })}'
`

/** @param variables over those of the environment */
export async function secretJob(variables: Inputs = {}): Promise<SecretJob> {
  const here = await place()
  const root = join(here.folder, '..')
  const spied = await spyOn(join(root, 'spy'))
  const users = join(root, 'home/.docker/config.json')
  await mkdir(join(root, 'home/.docker'))
  const before = await writeUserLogins(users, 'elsewhere.example')
  const helper = join(root, 'helpers/docker-credential-canary')
  await mkdir(dirname(helper))
  await writeFile(helper, HELPER)
  await chmod(helper, 0o755)
  await here.write('a.raw', DISK)
  const state = { before, printed: [] as string[] }
  const env = { ...SHARED, ...variables, PATH: `${spied.path}:${dirname(helper)}:${process.env['PATH']}` }
  const print = ({ stdout, stderr }: Run) =>
    state.printed.push(readAsRunner(stdout).lines.join('\n'), shownCommands(stdout), stderr)
  const onStart = (more?: (child: ChildProcess) => void) => (child: ChildProcess) => {
    spied.watch(child)
    more?.(child)
  }
  const step = async (entry: string, inputs: Inputs, more?: OnStart) => {
    const run = await runStep(here, entry, { 'tls-verify': 'false', ...inputs }, env, { onStart: onStart(more) })
    const files = await Promise.all((['OUTPUT', 'STATE', 'ENV', 'PATH', 'STEP_SUMMARY'] as const).map(run.file))
    print(run)
    state.printed.push(...files)
    const folders = writtenValue(await run.file('STATE'), 'folders')
    return { run, output: await run.file('OUTPUT'), folders: folders === '' ? [] : (JSON.parse(folders) as string[]) }
  }
  const clean = async (inputs: Inputs, folders: readonly string[]) => {
    const state = { STATE_folders: JSON.stringify(folders) }
    print(await runStep(here, 'cleanup.js', inputs, { ...env, ...state }))
  }
  return {
    here,
    users,
    userLogin: async (host) => {
      state.before = await writeUserLogins(users, host)
    },
    steps: async (inputs, more) => {
      const planned = await step('plan.js', inputs)
      if (planned.run.exitCode !== 0) return planned.run
      const plan = writtenValue(planned.output, 'plan')
      const built = await step('build.js', { ...inputs, plan }, more)
      const image = writtenValue(built.output, 'built')
      const last = built.run.exitCode === 0 ? await step('publish.js', { ...inputs, plan, built: image }, more) : built
      await clean(inputs, [...built.folders, ...last.folders])
      return last.run
    },
    merge: async (inputs, more) => {
      const { run, folders } = await step('merge.js', inputs, more)
      await clean(inputs, folders)
      return run
    },
    run: async (args, { from, password, onStart: more }) => {
      const isInput = from === 'input' && password !== undefined
      const own = from === 'variable' && password !== undefined ? { KIWI_OCI_PASSWORD: password } : {}
      const all = [...args, '--tls-verify=false', ...(isInput ? ['--password-stdin'] : [])]
      const input = isInput ? { input: `${password}\n` } : {}
      const run = await here.run(all, { ...input, env: { ...env, ...own }, onStart: onStart(more) })
      print(run)
      return run
    },
    wrong: async () => {
      const wrong = await spied.wrong()
      const left = (await here.leftovers()).map((name) => `${name} is left`)
      const printed = canariesIn(state.printed.join('\n')).map((canary) => `${canary} is printed or handed on`)
      const touched = (await fileState(users)) === state.before ? [] : ["the user's file of logins is not as it was"]
      const files = await canariesBelow(root, [users, helper, join(root, 'spy/calls')])
      return [...new Set([...wrong, ...left, ...printed, ...touched, ...files])]
    },
    [Symbol.asyncDispose]: () => here[Symbol.asyncDispose](),
  }
}

/** What the log or the page of a run shows of commands: those that mask are for the runner alone. */
function shownCommands(output: string): string {
  const { commands } = readAsRunner(output)
  return commands.flatMap(({ name, data }) => (name === 'add-mask' ? [] : [data])).join('\n')
}

async function writeUserLogins(file: string, host: string): Promise<string> {
  const auth = Buffer.from(`other:${CANARIES['password of a file of logins']}`).toString('base64')
  const token = { auth: Buffer.from('<token>:').toString('base64'), identitytoken: CANARIES['identity token'] }
  const auths = { [host]: { auth }, 'token.example': token }
  await writeFile(file, JSON.stringify({ auths, credsStore: 'canary' }), { mode: 0o600 })
  return await fileState(file)
}

async function fileState(file: string): Promise<string> {
  const { mtimeNs, mode, ino } = await stat(file, { bigint: true })
  const hash = createHash('sha256')
    .update(await readFile(file))
    .digest('hex')
  return [mtimeNs, mode, ino, hash].join(' ')
}
