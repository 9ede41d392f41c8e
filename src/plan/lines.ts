import { basename } from 'node:path'
import { platformText } from '../oci/platform.ts'
import { plannedDiskPath } from './diskpath.ts'
import type { Plan } from './plan.ts'

/** What will happen, for the log. */
export function planLines(plan: Plan): readonly string[] {
  const { source, compression, tags } = plan
  const level = compression.level === undefined ? '' : `:${compression.level}`
  return [
    ...(source.kind === 'disk'
      ? [`Disk: ${source.path}`]
      : [
          `Description: ${source.name} ${source.version} (${basename(source.file)}, schema ${source.schemaVersion})`,
          `Type: ${source.selected.reason}`,
          ...(source.profiles.length > 0 ? [`Profiles: ${source.profiles.join(', ')}`] : []),
        ]),
    `Image: ${plan.format} disk (${plan.formatSource}) at ${plannedDiskPath(plan)} for ${platformText(plan.platform)}, layer ${compression.algorithm}${level}`,
    `Base: ${plan.base} (${plan.baseSource})`,
    ...tags.map((tag) => `${plan.push ? 'Push to' : 'Would push to'}: ${tag}${origin(plan.tagsSource)}`),
    ...plan.exports.map((destination) => `Export to: ${destination}${origin(plan.exportsSource)}`),
  ]
}

/** Said only of what no input asked for. */
function origin(source: string | undefined): string {
  return source === undefined ? '' : ` (${source})`
}
