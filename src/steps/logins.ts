import type { Login } from '../inputs/inputs.ts'
import { makePrivateFolder } from '../job/workfolder.ts'
import type { Plan } from '../plan/plan.ts'
import { type Access, skopeoEnvironment } from '../registry/access.ts'
import { prepareLogins } from '../registry/login.ts'
import { parseBase, parseDestination, parseTag } from '../registry/transport.ts'
import type { Report } from '../report.ts'
import type { Surroundings } from './surroundings.ts'

export interface LoginInputs {
  readonly login?: Login
  readonly authfile?: string
}

/**
 * How skopeo is called in this step, with the job's logins in a folder that only we can read.
 *
 * @param keep told of the folder before anything is put into it
 * @throws RegistryError when the registry does not accept the login
 */
export async function openAccess(
  plan: Plan,
  inputs: LoginInputs,
  around: Surroundings,
  step: {
    readonly tmpFolder: string
    readonly report: Report
    readonly signal: AbortSignal
    readonly keep: (folder: string) => void
  },
): Promise<Access> {
  const { login, authfile } = inputs
  const folder = await makePrivateFolder(around.temp)
  step.keep(folder)
  const access: Access = {
    tlsVerify: plan.tlsVerify,
    tmpFolder: step.tmpFolder,
    environment: skopeoEnvironment(process.env, login ? [login.password] : []),
    report: step.report,
    signal: step.signal,
  }
  const request = {
    folder,
    ...(login ? { login } : {}),
    ...(authfile === undefined ? {} : { authfile }),
    files: around.loginFiles,
    registries: registries(plan),
  }
  const file = await prepareLogins(request, access)
  return file === undefined ? access : { ...access, authfile: file }
}

/** The registries that a plan talks to. */
function registries(plan: Plan): readonly string[] {
  const names = [parseBase(plan.base), ...plan.exports.map(parseDestination)]
  const named = names.flatMap((name) =>
    typeof name === 'object' && 'reference' in name ? [name.reference.registry] : [],
  )
  const tagged = plan.tags.flatMap((tag) => {
    const parsed = parseTag(tag)
    return 'problem' in parsed ? [] : [parsed.reference.registry]
  })
  return [...new Set([...named, ...tagged])]
}
