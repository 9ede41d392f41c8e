import { DISK_TYPE_ANNOTATION, ZSTD_ANNOTATION } from '../annotations.ts'
import type { Descriptor } from '../descriptor.ts'
import { DISK_TYPES, isDiskType, isMachineArchitecture } from '../kind.ts'
import { mediaTypes } from '../manifest.ts'
import { type Platform, parsePlatform, platformKey, platformText } from '../platform.ts'

/**
 * Why these entries cannot be one index that every consumer takes what is meant for it from: the rules of podman 5
 * (pkg/machine/ocipull/source.go) and of c/image (internal/manifest/oci_index.go, whose choice has bugs of its own).
 *
 * @returns one line each, led by the place of the entry from 1; empty when they can
 */
export function indexRuleViolations(entries: readonly Descriptor[]): readonly string[] {
  if (entries.length === 0) return ['it has no entries']
  return [
    ...entries.flatMap((entry, at) => entryViolations(entry).map((text) => `entry ${at + 1} ${text}`)),
    ...repeated(
      entries,
      ({ digest }) => digest,
      (digest) => `name ${digest}, which only the first would be found by`,
    ),
    ...repeated(entries, containerPlatform, (platform) => `are for ${platform}, and nothing tells which one to take`),
    ...orderViolations(entries),
    ...repeated(entries, machineDisk, (disk) => `are the disk of podman machine for ${disk}`),
  ]
}

/** Whether an entry is podman machine's, by the name of its architecture. */
export function isMachineEntry({ platform }: Descriptor): boolean {
  return platform !== undefined && isMachineArchitecture(platform.architecture)
}

/** containerd and docker take `x86_64` for `amd64`, and the first that fits: containerd core/images/image.go, `Manifest`. */
function orderViolations(entries: readonly Descriptor[]): readonly string[] {
  const machine = entries.findIndex(isMachineEntry)
  const late = entries.findIndex((entry, at) => at > machine && !isMachineEntry(entry))
  if (machine < 0 || late < 0) return []
  return [`entry ${late + 1} has to come before entry ${machine + 1}, which is taken for one of the same platform`]
}

function entryViolations(entry: Descriptor): readonly string[] {
  const { mediaType, platform, annotations = {} } = entry
  const diskType = annotations[DISK_TYPE_ANNOTATION]
  return [
    ...(mediaType === mediaTypes.manifest ? [] : [`has the media type ${mediaType} instead of ${mediaTypes.manifest}`]),
    // podman crashes of one with a disktype; c/image takes any other for every machine.
    ...(platform === undefined ? ['has no platform'] : platformProblems(platform)),
    ...(annotations[ZSTD_ANNOTATION] === undefined ? [] : [`has the annotation ${ZSTD_ANNOTATION}`]),
    ...(isMachineEntry(entry) ? machineProblems(diskType) : []),
    ...(diskType === undefined || isMachineEntry(entry) ? [] : ['has a disktype for no machine of podman']),
  ]
}

function platformProblems(platform: Platform): readonly string[] {
  const { os, architecture } = platform
  if (isMachineArchitecture(architecture)) {
    return os === 'linux' && !platform.variant
      ? []
      : [`is for ${platformText(platform)}, which no machine of podman is`]
  }
  const isGos = parsePlatform(`${os}/${architecture}`)?.architecture === architecture
  return isGos ? [] : [`is for ${platformText(platform)}, which is no platform in Go's words`]
}

function machineProblems(diskType: string | undefined): readonly string[] {
  if (diskType === undefined) return [`has no annotation ${DISK_TYPE_ANNOTATION}`]
  return isDiskType(diskType) ? [] : [`has the disktype ${diskType} instead of ${DISK_TYPES.join(', ')}`]
}

function containerPlatform(entry: Descriptor): string | undefined {
  if (entry.platform === undefined || isMachineEntry(entry)) return undefined
  return platformKey(entry.platform)
}

function machineDisk(entry: Descriptor): string | undefined {
  const diskType = entry.annotations?.[DISK_TYPE_ANNOTATION]
  return isMachineEntry(entry) && diskType !== undefined ? `${entry.platform?.architecture} ${diskType}` : undefined
}

/** One line for each key that several entries have. */
function repeated(
  entries: readonly Descriptor[],
  keyOf: (entry: Descriptor) => string | undefined,
  text: (key: string) => string,
): readonly string[] {
  const places = Map.groupBy(
    entries.map((entry, at) => ({ key: keyOf(entry), place: at + 1 })),
    ({ key }) => key,
  )
  return [...places].flatMap(([key, found]) => {
    if (key === undefined || found.length === 1) return []
    return [`entries ${found.map(({ place }) => place).join(', ')} ${text(key)}`]
  })
}
