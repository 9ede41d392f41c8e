import type { Problem } from '../errors.ts'
import { shownUri } from './address.ts'

/** One line of the input `repositories`. */
export interface GivenRepository {
  readonly uri: string
  readonly distribution?: string
  readonly components?: readonly string[]
}

/**
 * Reads one line of the input `repositories`, `URI [DISTRIBUTION [COMPONENTS…]]`.
 *
 * @returns a text where the line is wrong: what to write instead
 */
export function givenRepository(line: string): GivenRepository | string {
  const [uri, distribution, ...components] = line.trim().split(/\s+/)
  if (uri === undefined || uri === '') return 'a line is empty: write URI [DISTRIBUTION [COMPONENTS…]]'
  const shown = shownUri(uri)
  if (uri.startsWith('/')) return `${shown} is no URI: write dir://${shown}`
  if (!/^[a-z][a-z0-9+.-]*:./i.test(uri))
    return `${shown} is no URI: write URI [DISTRIBUTION [COMPONENTS…]], http://… first`
  if (uri.startsWith('obsrepositories:'))
    return `${uri} is what the lines of repositories stand for: write a real address`
  return { uri, ...(distribution ? { distribution } : {}), ...(components.length > 0 ? { components } : {}) }
}

/** Reads all lines of the input, and gives every problem at once. */
export function givenRepositories(lines: readonly string[]): {
  readonly given: readonly GivenRepository[]
  readonly problems: readonly Problem[]
} {
  const read = lines.map(givenRepository)
  return {
    given: read.filter((line) => typeof line !== 'string'),
    problems: read.filter((line) => typeof line === 'string').map((text) => ({ where: 'input repositories', text })),
  }
}
