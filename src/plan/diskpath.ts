import { basename } from 'node:path'
import { diskFormat } from '../disk/format.ts'
import type { Problem } from '../errors.ts'
import { diskPathProblem } from '../oci/tar/tar.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'
import { typePlace } from './typeplace.ts'

type Placed = Pick<Plan, 'source' | 'format' | 'diskPath'>

/** Where the disk is in the image, absolute. */
export function plannedDiskPath({ source, format, diskPath }: Placed): string {
  return diskPath ?? `/disk/${diskStem(source)}.${diskFormat(format).extension}`
}

/** What the disk is called where no input says it, without its ending: as by `bundle_format`, by KIWI, or as its file. */
export function diskStem(source: DescriptionSource | DiskSource): string {
  if (source.kind === 'description') return source.diskName ?? source.kiwiName
  return basename(source.path).replace(/(?<=.)\.[^.]+$/, '')
}

/** What a disk of podman machine is called, without its endings, which name the architecture already. */
export function machineStem(source: DescriptionSource | DiskSource): string {
  return source.kind === 'description' ? (source.diskName ?? source.name) : diskStem(source)
}

/** What is wrong with a path that no input gives. */
export function diskPathProblems(placed: Placed): readonly Problem[] {
  const { source, diskPath } = placed
  const path = plannedDiskPath(placed)
  const problem = diskPath === undefined ? diskPathProblem(path) : undefined
  if (problem === undefined) return []
  if (source.kind === 'disk') return [{ where: 'input disk-path', text: `missing, and ${problem}` }]
  return [{ ...typePlace(source.selected), text: `the disk would be ${path}: ${problem}, or set the input disk-path` }]
}
