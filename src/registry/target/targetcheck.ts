import { RegistryError } from '../../errors.ts'
import { parseReference } from '../../oci/reference.ts'
import type { Access } from '../access.ts'
import { hasLogin } from '../login/login.ts'
import type { RefusalKind } from '../refusalrule.ts'
import { RefusedError, readManifest, targetPurpose } from '../skopeo.ts'
import { checkStagingPlace } from './staging.ts'

/** Answers that say nothing against a push: registries give them for repositories that a push creates. */
const ANSWERS: ReadonlySet<RefusalKind> = new Set<RefusalKind>([
  'login',
  'hidden',
  'denied',
  'missing',
  'rate',
  'size',
  'trouble',
  'broken',
  'damaged',
  'other',
])

/**
 * Asks each registry once whether it is there, before an hour of building.
 *
 * @param references tags, or repositories without one
 * @throws RegistryError when one refuses the connection, has no address or no trusted certificate, is no registry, or does
 *   not accept the login, or wants one where there is none. A repository that is not there, or denied, is no error here:
 *   some registries say so of new ones.
 * @throws HostError when skopeo cannot push from the folder of the job
 */
export async function checkTargets(references: readonly string[], access: Access): Promise<void> {
  if (references.length > 0) checkStagingPlace(access)
  const firsts = new Map<string, string>()
  for (const reference of references) {
    const parsed = parseReference(reference)
    const registry = typeof parsed === 'string' ? reference : parsed.registry
    if (!firsts.has(registry)) firsts.set(registry, reference)
  }
  for (const [registry, first] of firsts) {
    try {
      await readManifest(
        `docker://${first}`,
        access,
        targetPurpose(first, `the registry ${registry} cannot be reached`),
      )
    } catch (error) {
      if (!(error instanceof RefusedError) || !ANSWERS.has(error.refusal.kind)) throw error
      if (error.refusal.kind === 'login') throw await loginError(first, registry, access, error)
    }
  }
}

/** Who has to log in to read has to log in to push. (Of new repositories registries say "denied", which passes.) */
async function loginError(
  reference: string,
  registry: string,
  access: Access,
  { detail }: RefusedError,
): Promise<RegistryError> {
  const parsed = parseReference(reference)
  const known = typeof parsed !== 'string' && (await hasLogin(access, parsed))
  const message = known
    ? `the login for ${registry} is not accepted: log in again`
    : `${registry} wants a login for ${reference}, and there is none: give username and password, or log in before`
  return new RegistryError('registry-login', message, { side: 'target', reference, detail })
}
