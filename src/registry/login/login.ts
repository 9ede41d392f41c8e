import { readFile, rm, stat } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../command.ts'
import { CommandError, HostError, InputError } from '../../errors.ts'
import type { Reference } from '../../oci/reference.ts'
import { putText } from '../../oci/store/file.ts'
import { type Access, inspectFlags } from '../access.ts'
import { runSkopeo } from '../skopeo.ts'
import { parseRegistry } from '../transport.ts'
import {
  DOCKER_SERVER,
  hasLoginFor,
  knowsLogin,
  type Login,
  type Logins,
  loginsText,
  mergedLogins,
  noLogins,
  parseLogins,
  withAuth,
  withHelper,
  withLogin,
} from './credentials.ts'
import { checkRealm } from './realm.ts'
import { fileForms, loginForms } from './secretforms.ts'

export interface LoginRequest {
  /** A folder of this job that only we can read; the file of logins is made in it. */
  readonly folder: string
  readonly login?: Login
  /** The input `authfile`. */
  readonly authfile?: string
  /** Existing files of logins in skopeo's order; absent ones are left out. Not looked at where `authfile` is given. */
  readonly files: readonly string[]
  /** The registries that the job talks to. */
  readonly registries: readonly string[]
}

export interface PreparedLogins {
  /** The file to hand to skopeo; left out where skopeo finds the user's logins by itself. */
  readonly authfile?: string
  /** The forms of all that is secret in them, for a registry may repeat them. */
  readonly secrets: readonly string[]
}

const OWN_FILE = 'auth.json'
const CHECK_FILE = 'check.json'

/**
 * Makes the logins of one job ready. A given login is tried at its registry and stands, with the user's other logins
 * below it, in a file of our own (0600). The user's own files are only read.
 *
 * @throws RegistryError when the registry does not accept the login, or wants it sent to somebody else, InputError when `authfile` or the registry's name
 *   is wrong, HostError when a file of logins cannot be read
 */
export async function prepareLogins(request: LoginRequest, access: Access): Promise<PreparedLogins> {
  const { login, authfile } = request
  const existing = await existingLogins(request)
  const closed = authfile === undefined ? await closedFiles(request.files) : []
  for (const file of closed)
    access.report.info(`${file} lies in a folder that is closed to us: it holds no login of ours`)
  const { logins: converted, forms } = await withStore(existing, request, access)
  const secrets = [...fileForms(converted), ...forms]
  if (!login) {
    // skopeo would end at a folder that it may not enter, and looks at no other file where one is named.
    const isEnough = converted === existing && closed.length === 0
    const file = isEnough ? authfile : await writeLogins(request.folder, converted)
    return { ...(file === undefined ? {} : { authfile: file }), secrets }
  }
  const registry = parseRegistry(login.registry)
  if (typeof registry !== 'string') throw new InputError([{ where: 'input registry', text: registry.problem }])
  await checkRealm(registry, access)
  await tryLogin({ ...login, registry }, request.folder, access)
  const file = await writeLogins(request.folder, withLogin(converted, { ...login, registry }))
  return { authfile: file, secrets: [...secrets, ...loginForms(login)] }
}

/**
 * Whether the logins of an access hold one for a repository, or a helper that may know it.
 *
 * @throws HostError when a file of logins cannot be read
 */
export async function hasLogin(access: Access, { registry, repository }: Reference): Promise<boolean> {
  const files = access.authfile === undefined ? (access.loginFiles ?? []) : [access.authfile]
  return hasLoginFor(await mergedFiles(files), `${registry}/${repository}`)
}

async function existingLogins(request: LoginRequest): Promise<Logins> {
  const { authfile, files } = request
  if (authfile === undefined) return await mergedFiles(files)
  const logins = await readLogins(authfile)
  if (logins) return logins
  throw new InputError([
    { where: 'input authfile', text: `there is no file ${authfile}: write the path of a file of logins` },
  ])
}

/** Files in folders that we may not enter: root's podman makes /run/containers so that no user's file can be in it. */
async function closedFiles(files: readonly string[]): Promise<readonly string[]> {
  const isClosed = async (file: string) => {
    const error = await stat(file).catch((thrown: NodeJS.ErrnoException) => thrown)
    return error instanceof Error && error.code === 'EACCES'
  }
  const closed = await Promise.all(files.map(isClosed))
  return files.filter((_, index) => closed[index])
}

async function mergedFiles(files: readonly string[]): Promise<Logins> {
  const closed = await closedFiles(files)
  const open = files.filter((file) => !closed.includes(file))
  return mergedLogins(await Promise.all(open.map(async (file) => (await readLogins(file)) ?? noLogins)))
}

async function readLogins(path: string): Promise<Logins | undefined> {
  const there = await stat(path).catch(() => undefined)
  if (there?.isFIFO() || there?.isSocket()) {
    // It is read more than once, by skopeo too, and may wait for ever.
    throw new HostError('host-logins', `the file of logins ${path} is a pipe`, 'give a file')
  }
  const text = await readFile(path, 'utf8').catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT' || error.code === 'ENOTDIR') return undefined
    throw new HostError(
      'host-logins',
      `the file of logins ${path} cannot be read (${error.code})`,
      'make it readable, or remove it',
    )
  })
  return text === undefined ? undefined : parseLogins(text, path)
}

/**
 * Docker's helper for all registries, said per registry as skopeo wants it; the same object where nothing changes.
 *
 * @returns the forms of what the helper answered, too
 */
async function withStore(
  logins: Logins,
  request: LoginRequest,
  access: Access,
): Promise<{ readonly logins: Logins; readonly forms: readonly string[] }> {
  const { credsStore: store } = logins
  if (store === undefined) return { logins, forms: [] }
  let result = logins
  const forms: string[] = []
  for (const registry of new Set(request.registries)) {
    if (registry === request.login?.registry || knowsLogin(logins, registry)) continue
    const answer = await askHelper(store, registry === 'docker.io' ? DOCKER_SERVER : registry, access)
    if (answer === undefined) continue
    forms.push(...loginForms({ username: answer.Username, password: answer.Secret }))
    // skopeo would ask the helper for docker.io, which docker stores under another name.
    result =
      registry === 'docker.io'
        ? withAuth(result, registry, answer.Username, answer.Secret)
        : withHelper(result, registry, store)
  }
  return { logins: result, forms }
}

/** docker-credential-helpers, README "Development": `get` takes the server by stdin and prints JSON. */
async function askHelper(store: string, server: string, access: Access): Promise<HelperAnswer | undefined> {
  const { environment: env, signal } = access
  const options = { env, input: `${server}\n`, timeoutSeconds: 60, ...(signal === undefined ? {} : { signal }) }
  try {
    const answer: unknown = JSON.parse(
      (await runCommand(`docker-credential-${store}`, ['get'], options)).stdout.toString('utf8'),
    )
    return isHelperAnswer(answer) ? answer : undefined
  } catch (error) {
    if (signal?.aborted) throw error
    // "Not found" is an exit code too: what docker would do without a login, skopeo does as well.
    const missing = error instanceof CommandError && error.outcome.kind === 'missing'
    if (missing)
      access.report.warning(
        `docker keeps its logins with docker-credential-${store}, which is not installed: going on without them`,
      )
    return undefined
  }
}

interface HelperAnswer {
  readonly Username: string
  readonly Secret: string
}

function isHelperAnswer(value: unknown): value is HelperAnswer {
  if (typeof value !== 'object' || value === null) return false
  return (
    'Username' in value && typeof value.Username === 'string' && 'Secret' in value && typeof value.Secret === 'string'
  )
}

async function tryLogin(login: Login, folder: string, access: Access): Promise<void> {
  const { registry, username, password } = login
  const file = join(folder, CHECK_FILE)
  const { authfile: _, ...withoutFile } = access
  const args = [
    'login',
    '--authfile',
    file,
    ...inspectFlags(withoutFile),
    `--username=${username}`,
    '--password-stdin',
    registry,
  ]
  const purpose = {
    side: 'target',
    reference: registry,
    failure: `the login to ${registry} as ${username} failed`,
  } as const
  try {
    const hiding = { ...withoutFile, secrets: loginForms(login) }
    await runSkopeo(args, hiding, purpose, { input: password })
  } finally {
    await rm(file, { force: true })
  }
}

async function writeLogins(folder: string, logins: Logins): Promise<string> {
  const path = join(folder, OWN_FILE)
  await putText(path, loginsText(logins), { mode: 0o600, flag: 'wx' })
  return path
}
