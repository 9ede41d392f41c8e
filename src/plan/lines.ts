import { basename } from 'node:path'
import { platformText } from '../oci/platform.ts'
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
    `Image: ${plan.format} disk at ${plan.diskPath ?? defaultPath(plan)} for ${platformText(plan.platform)}, layer ${compression.algorithm}${level}`,
    `Base: ${plan.base} (${plan.baseSource})`,
    ...tags.map((tag) => `${plan.push ? 'Push to' : 'Would push to'}: ${tag}`),
    ...plan.exports.map((destination) => `Export to: ${destination}`),
  ]
}

function defaultPath({ source, format }: Plan): string {
  return source.kind === 'disk' ? '/disk, under its own name,' : `/disk/${source.name}.ARCH-${source.version}.${format}`
}
