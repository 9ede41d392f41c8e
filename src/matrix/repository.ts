import type { Problem } from '../errors.ts'
import { rawEntries } from '../inputs/raw.ts'
import { repositoryText } from '../oci/reference.ts'
import { parseTag } from '../registry/transport.ts'

/**
 * The one repository, `REGISTRY/NAME`, that all tags are of: what is pushed there by digest can be tagged there and
 * nowhere else.
 *
 * @param text the input `tags`
 * @returns the repository, empty where there are problems
 */
export function taggedRepository(text: string): { readonly repository: string; readonly problems: readonly Problem[] } {
  const tags = rawEntries('tags', text).map((tag) => tag.trim())
  const problems: string[] = []
  const repositories = new Set<string>()
  for (const tag of tags.filter((each) => each !== '')) {
    const parsed = parseTag(tag)
    if ('problem' in parsed) problems.push(parsed.problem)
    else repositories.add(repositoryText(parsed.reference))
  }
  const [repository = '', ...others] = repositories
  if (repository === '' && problems.length === 0) problems.push('names nothing: write REGISTRY/NAME:TAG')
  if (others.length > 0) {
    const names = [repository, ...others].join(' and ')
    problems.push(`${names} are several repositories: name tags of one, and call the workflow once for each`)
  }
  return {
    repository: problems.length === 0 ? repository : '',
    problems: problems.map((problem) => ({ where: 'input tags', text: problem })),
  }
}
