import type { Problem } from '../errors.ts'
import type { Description, Profile, Scope } from './description.ts'
import { descriptionProblem } from './place.ts'

export interface ActiveProfiles {
  readonly names: readonly string[]
  readonly problems: readonly Problem[]
}

/**
 * The profiles that KIWI builds with: the given ones and what they require, else the ones that say `import="true"`
 * (kiwi/xml_state.py `_used_profiles`, `_solve_profile_dependencies`).
 *
 * @param architecture `uname -m`; a profile for other machines counts as not there
 */
export function activeProfiles(
  description: Description,
  given: readonly string[],
  architecture: string,
): ActiveProfiles {
  const known = new Map<string, Profile>()
  for (const profile of description.profiles) {
    if (fits(profile.architectures, architecture)) known.set(profile.name, profile)
  }
  if (given.length === 0) {
    return { names: [...known.values()].filter((profile) => profile.isDefault).map(({ name }) => name), problems: [] }
  }
  const names: string[] = []
  const problems: Problem[] = []
  const add = (name: string): void => {
    if (names.includes(name)) return
    names.push(name)
    for (const required of known.get(name)?.requires ?? []) {
      if (!fits(required.architectures, architecture)) continue
      if (known.has(required.profile)) add(required.profile)
      else {
        const { file, line } = required.element
        const absent = `${required.profile}, which is not there${elsewhere(description, required.profile, architecture)}`
        problems.push(descriptionProblem(file, line, `the profile ${name} requires ${absent}: ${choices(known)}`))
      }
    }
  }
  for (const name of given) {
    if (known.has(name)) add(name)
    else {
      const text = `the description has no profile ${name}${elsewhere(description, name, architecture)}: ${choices(known)}`
      problems.push({ where: 'input profiles', text })
    }
  }
  return { names, problems }
}

/** Whether KIWI uses a section (kiwi/xml_state.py `_profiled`, `_section_matches_host_architecture`). */
export function isActive(section: Scope, profiles: readonly string[], architecture: string): boolean {
  const forProfile = section.profiles.length === 0 || section.profiles.some((name) => profiles.includes(name))
  return forProfile && fits(section.architectures, architecture)
}

function fits(architectures: readonly string[], architecture: string): boolean {
  return architectures.length === 0 || architectures.includes(architecture)
}

function elsewhere(description: Description, name: string, architecture: string): string {
  return description.profiles.some((profile) => profile.name === name) ? ` for ${architecture}` : ''
}

function choices(known: ReadonlyMap<string, Profile>): string {
  return known.size === 0 ? 'leave it out' : `write one of ${[...known.keys()].join(', ')}`
}
