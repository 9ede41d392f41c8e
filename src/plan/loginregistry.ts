import type { Problem } from '../errors.ts'

/** What the inputs say of the job's login. */
export interface LoginChoice {
  readonly registry?: string
  readonly login?: unknown
}

/**
 * The registry of the login: as given, else the one that the inputs name. Never one that only a description names: whoever
 * changes it, in a pull request perhaps, would choose who is told the password.
 *
 * @param named registries of what the inputs name
 * @param without why there may be none, for the message
 * @returns none without a login; a problem where nothing tells which one it is for
 */
export function loginRegistry(
  { registry, login }: LoginChoice,
  named: readonly string[],
  without = 'there are no tags to take it from',
): { readonly loginRegistry?: string } | Problem {
  if (login === undefined) return {}
  if (registry !== undefined) return { loginRegistry: registry }
  const [first, ...others] = new Set(named)
  if (first !== undefined && others.length === 0) return { loginRegistry: first }
  const why = first === undefined ? without : `tags name ${[first, ...others].join(' and ')}`
  return { where: 'input registry', text: `missing, and ${why}: write the registry that the login is for` }
}

/** That nothing is done with the input `registry` where there is no login. */
export function loneRegistryProblem(registry: string): Problem {
  const text = `a login for ${registry} needs username and password: give both, or leave registry out`
  return { where: 'input registry', text }
}
