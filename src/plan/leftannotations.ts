import { ANNOTATION_LEVELS, type AnnotationLevel, type LevelledAnnotation } from '../oci/annotations.ts'
import { platformKey, platformText } from '../oci/platform.ts'
import { parseDestination } from '../registry/transport.ts'
import { isIndex } from './children.ts'
import type { Plan } from './plan.ts'

/**
 * What the input `annotations` says of levels and platforms that the result has no place for, each named once. The same
 * input serves several jobs, so that this is no mistake.
 *
 * @returns one line for each reason
 */
export function leftAnnotationLines(plan: Plan): readonly string[] {
  const own = platformKey(plan.platform)
  const isElsewhere = ({ platform }: LevelledAnnotation) => platform !== undefined && platformKey(platform) !== own
  const elsewhere = plan.annotations.filter(isElsewhere)
  const bound = elsewhere.flatMap(({ levels, platform }) =>
    levels.map((level) => (platform === undefined ? level : `${level}[${platformText(platform)}]`)),
  )
  const here = plan.annotations.filter((annotation) => !isElsewhere(annotation))
  const asked = (levels: readonly AnnotationLevel[]) =>
    levels.filter((level) => here.some((each) => each.levels.includes(level)))
  const indexLevels = ANNOTATION_LEVELS.filter((level) => level.startsWith('index'))
  const top: AnnotationLevel = isIndex(plan) ? 'index-descriptor' : 'manifest-descriptor'
  return [
    ...leftOut(isIndex(plan) ? [] : asked(indexLevels), 'the result is no index'),
    ...leftOut(hasNoLayout(plan) ? asked([top]) : [], 'only the index.json of a layout has a place for them'),
    ...leftOut(bound, `the result is for ${platformText(plan.platform)}`),
  ]
}

function leftOut(places: readonly string[], reason: string): readonly string[] {
  return places.length === 0 ? [] : [`Annotations of ${[...new Set(places)].join(' and ')}: left out, ${reason}`]
}

/** Whether the result goes somewhere, and nowhere with an `index.json`: a tag in a registry has no descriptor. */
function hasNoLayout({ push, pushByDigest, exports, workDirectory }: Plan): boolean {
  if (workDirectory !== undefined || !(push || pushByDigest !== undefined || exports.length > 0)) return false
  return !exports.some((text) => {
    const destination = parseDestination(text)
    return 'transport' in destination && ['oci', 'oci-archive'].includes(destination.transport)
  })
}
