import { basename } from 'node:path'
import { platformText } from '../oci/platform.ts'
import { type PlannedChild, plannedChildren } from './children.ts'
import { hasImage, hasTree } from './kinds.ts'
import { leftAnnotationLines } from './leftannotations.ts'
import type { Plan } from './plan.ts'

/** What will happen, for the log. */
export function planLines(plan: Plan): readonly string[] {
  const { source, tags } = plan
  return [
    ...(source.kind === 'disk'
      ? [`Disk: ${source.path}`]
      : [
          `Description: ${source.name} ${source.version} (${basename(source.file)}, schema ${source.schemaVersion})`,
          `Type: ${source.selected.reason}`,
          ...(source.profiles.length > 0 ? [`Profiles: ${source.profiles.join(', ')}`] : []),
        ]),
    ...plannedChildren(plan).map((child) => childLine(plan, child)),
    ...(hasTree(plan.kinds) ? [`Base: ${plan.base} (${plan.baseSource})`] : []),
    ...unusedLines(plan),
    ...tags.map((tag) => `${plan.push ? 'Push to' : 'Would push to'}: ${tag}${origin(plan.tagsSource)}`),
    ...(plan.pushByDigest === undefined ? [] : [`Push to: ${plan.pushByDigest}, by digest and without a tag`]),
    ...plan.exports.map((destination) => `Export to: ${destination}${origin(plan.exportsSource)}`),
  ]
}

function childLine(plan: Plan, { kind, diskType, format, path }: PlannedChild): string {
  const { platform, formatSource, compression } = plan
  const level = compression.level === undefined ? '' : `:${compression.level}`
  const what = `${format} disk (${diskType === undefined ? formatSource : `disktype ${diskType}`})`
  const of = `for ${platformText(platform)}`
  switch (kind) {
    case 'artifact':
      return `Artifact: ${what} as ${path} ${of}`
    case 'podman-machine':
      return `For podman machine: ${what} as ${path} ${of}`
    case 'podman-machine-4':
      return `For podman machine 4: ${what} at ${path} ${of}`
    default:
      return `Image: ${what} at ${path} ${of}, layer ${compression.algorithm}${level}`
  }
}

/** What inputs say of levels and parts that the result does not have: the same inputs serve several jobs. */
function unusedLines(plan: Plan): readonly string[] {
  return [
    ...leftAnnotationLines(plan),
    ...(hasImage(plan.kinds) || Object.keys(plan.labels).length === 0
      ? []
      : ['Labels: left out, an artifact has none']),
  ]
}

/** Said only of what no input asked for. */
function origin(source: string | undefined): string {
  return source === undefined ? '' : ` (${source})`
}
