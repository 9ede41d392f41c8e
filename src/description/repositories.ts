import type { Problem } from '../errors.ts'
import type { Description, Repository } from './description.ts'
import { descriptionProblem } from './place.ts'
import { activeProfiles, isActive } from './profiles.ts'

/**
 * The repositories that KIWI uses for these profiles on this machine, in the order of the description.
 *
 * @param profiles the input `profiles`, @param architecture `uname -m`
 */
export function activeRepositories(
  description: Description,
  profiles: readonly string[],
  architecture: string,
): readonly Repository[] {
  const { names } = activeProfiles(description, profiles, architecture)
  return description.repositories.filter((repository) => isActive(repository, names, architecture))
}

/**
 * What can be said of the repositories before anything is installed: `obsrepositories:/` needs the input
 * `repositories` unless apt installs the packages, since only of apt's sources do we know what stands for it.
 */
export function repositoryProblems(
  description: Description,
  choice: {
    readonly profiles: readonly string[]
    readonly architecture: string
    readonly packageManager: string
    /** Lines of the input. */
    readonly repositories: readonly string[]
  },
): readonly Problem[] {
  if (choice.packageManager === 'apt' || choice.repositories.length > 0) return []
  return activeRepositories(description, choice.profiles, choice.architecture)
    .filter((repository) => repository.isPlaceholder)
    .map(({ file, line }) => {
      const text = `obsrepositories:/ is unknown to ${choice.packageManager} outside of the build service`
      return descriptionProblem(file, line, `${text}: name them in the input repositories`)
    })
}
