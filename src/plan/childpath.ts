import type { Problem } from '../errors.ts'
import { titleProblem } from '../oci/artifact.ts'
import { diskPathProblem } from '../oci/tar/tar.ts'
import { type Described, plannedChildren } from './children.ts'
import { diskPathProblems } from './diskpath.ts'
import { hasTree } from './kinds.ts'
import { typePlace } from './typeplace.ts'

/** What is wrong with the names that the disk gets in the children, and that no input gives. */
export function childPathProblems(plan: Described): readonly Problem[] {
  const { source } = plan
  const files = plannedChildren(plan).filter(({ kind }) => !hasTree([kind]))
  const [problem] = files.flatMap(({ path }) => {
    const name = path.replace(/^\//, '')
    const text = diskPathProblem(`/${name}`) ?? titleProblem(name)
    return text === undefined ? [] : [`its file would be ${name}: ${text}`]
  })
  const place = source.kind === 'disk' ? { where: 'input disk' } : typePlace(source.selected)
  const remedy = source.kind === 'disk' ? 'rename the disk' : 'set bundle_format'
  return [
    ...(hasTree(plan.kinds) ? diskPathProblems(plan) : []),
    ...(problem === undefined ? [] : [{ ...place, text: `${problem}: ${remedy}` }]),
  ]
}
