import { type FolderKeeping, makeJobFolder, removeMarked } from '../job/workfolder.ts'
import type { Plan } from '../plan/plan.ts'
import { type Access, skopeoEnvironment } from '../registry/access.ts'
import { parseBase } from '../registry/base/basename.ts'
import type { Login } from '../registry/login/credentials.ts'
import { prepareLogins } from '../registry/login/login.ts'
import { addressForms, loginForms } from '../registry/login/secretforms.ts'
import { parseDestination, parseTag } from '../registry/transport.ts'
import type { Report } from '../report.ts'
import type { Surroundings } from './surroundings.ts'

export interface LoginInputs {
  readonly registry?: string
  readonly login?: Omit<Login, 'registry'>
  readonly authfile?: string
}

export interface AccessStep extends FolderKeeping {
  readonly tmpFolder: string
  readonly report: Report
  readonly signal: AbortSignal
}

/** What of a plan is about registries. */
export interface LoginNeeds {
  readonly tlsVerify: boolean
  /** What the login of the inputs is for where they do not say. */
  readonly loginRegistry?: string
  /** Those that the job talks to. */
  readonly registries: readonly string[]
}

/** Does something with the logins of a build's plan. Throws what `withLogins` does. */
export async function withAccess<T>(
  plan: Plan,
  inputs: LoginInputs,
  around: Surroundings,
  step: AccessStep,
  use: (access: Access) => Promise<T>,
): Promise<T> {
  return await withLogins({ ...plan, registries: registries(plan) }, inputs, around, step, use)
}

/**
 * Does something with the job's logins in a folder that only we can read, which goes when it is done.
 *
 * @throws RegistryError when the registry does not accept the login, and whatever `use` throws
 */
export async function withLogins<T>(
  needs: LoginNeeds,
  inputs: LoginInputs,
  around: Surroundings,
  step: AccessStep,
  use: (access: Access) => Promise<T>,
): Promise<T> {
  const { login, authfile } = inputs
  const registry = inputs.registry ?? needs.loginRegistry
  const folder = await makeJobFolder(around.temp, 'login-', step)
  try {
    const secrets = login ? loginForms(login) : []
    const access: Access = {
      loginFiles: around.loginFiles,
      tlsVerify: needs.tlsVerify,
      tmpFolder: step.tmpFolder,
      environment: skopeoEnvironment(process.env, secrets),
      report: step.report,
      signal: step.signal,
    }
    const request = {
      folder,
      ...(login && registry !== undefined ? { login: { ...login, registry } } : {}),
      ...(authfile === undefined ? {} : { authfile }),
      files: around.loginFiles,
      registries: needs.registries,
    }
    const prepared = await prepareLogins(request, access)
    const proxies = Object.values(around.proxies).flatMap(addressForms)
    return await use({ ...access, ...prepared, secrets: [...prepared.secrets, ...proxies] })
  } finally {
    await removeMarked(folder)
  }
}

/** The registries that a plan talks to. */
function registries(plan: Plan): readonly string[] {
  const names = [parseBase(plan.base), ...plan.exports.map(parseDestination)]
  const named = names.flatMap((name) =>
    typeof name === 'object' && 'reference' in name ? [name.reference.registry] : [],
  )
  const { pushByDigest } = plan
  const tagged = [...plan.tags, ...(pushByDigest === undefined ? [] : [pushByDigest])].flatMap((reference) => {
    const parsed = parseTag(reference)
    return 'problem' in parsed ? [] : [parsed.reference.registry]
  })
  return [...new Set([...named, ...tagged])]
}
