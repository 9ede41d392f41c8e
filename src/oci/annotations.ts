import { type Platform, parsePlatform, platformKey, platformText } from './platform.ts'

/** Where an annotation goes, in docker's words; docs.docker.com/build/metadata/annotations. */
export const ANNOTATION_LEVELS = ['manifest', 'index', 'manifest-descriptor', 'index-descriptor'] as const

export type AnnotationLevel = (typeof ANNOTATION_LEVELS)[number]

export interface LevelledAnnotation {
  /** At least one. */
  readonly levels: readonly AnnotationLevel[]
  /** The only platform it is for; all where left out. */
  readonly platform?: Platform
  readonly key: string
  readonly value: string
}

/** podman machine finds its disk by it. */
export const DISK_TYPE_ANNOTATION = 'disktype'
/** On an entry of an index it makes c/image prefer that one; internal/manifest/oci_index.go. */
export const ZSTD_ANNOTATION = 'io.github.containers.compression.zstd'

const RESERVED: readonly string[] = [DISK_TYPE_ANNOTATION, ZSTD_ANNOTATION]
const LEVEL = /^([a-z-]*)(?:\[([^\]]*)\])?$/
const FORM = 'write KEY=VALUE, or LEVEL:KEY=VALUE with manifest, index, manifest-descriptor or index-descriptor'

/**
 * What `[LEVEL[,LEVEL]…:]KEY=VALUE` asks for, each LEVEL with an optional `[os/arch[/variant]]`; docker buildx
 * build/annotations.go. Without a level it is the manifest's.
 *
 * @returns one for each platform that the levels name, or one sentence with the problem and what to write
 */
export function parseAnnotation(text: string): readonly LevelledAnnotation[] | string {
  const equals = text.indexOf('=')
  const [before, value] = [text.slice(0, Math.max(0, equals)), text.slice(equals + 1)]
  const colon = before.indexOf(':')
  const key = before.slice(colon + 1).trim()
  if (equals < 0 || key === '') return `'${text}' is no annotation: ${FORM}`
  if (colon < 0) return [{ levels: ['manifest'], key, value }]
  const byPlatform = new Map<string, { readonly levels: AnnotationLevel[]; readonly platform?: Platform }>()
  for (const part of before.slice(0, colon).split(',')) {
    const place = parseLevel(part.trim())
    if (typeof place === 'string') return `'${text}': ${place}`
    const { level, platform } = place
    if (level.endsWith('-descriptor') && RESERVED.includes(key)) {
      return `'${text}': ${key} at ${level} is not free, since podman and others choose by it: leave it out`
    }
    const name = platform === undefined ? '' : platformText(platform)
    const known = byPlatform.get(name)
    if (known === undefined) byPlatform.set(name, { levels: [level], ...(platform ? { platform } : {}) })
    else if (!known.levels.includes(level)) known.levels.push(level)
  }
  return [...byPlatform.values()].map((place) => ({ ...place, key, value }))
}

/**
 * The annotations of one level. The last of a key wins, and one for the platform over one for all.
 *
 * @param platform of the manifest; `x86_64` is `amd64` here
 */
export function annotationsFor(
  all: readonly LevelledAnnotation[],
  level: AnnotationLevel,
  platform?: Platform,
): Readonly<Record<string, string>> {
  const ofLevel = all.filter(({ levels }) => levels.includes(level))
  const wanted = platform === undefined ? undefined : platformKey(platform)
  const general = ofLevel.filter((each) => each.platform === undefined)
  const own = ofLevel.filter((each) => each.platform !== undefined && platformKey(each.platform) === wanted)
  return Object.fromEntries([...general, ...own].map(({ key, value }) => [key, value]))
}

function parseLevel(text: string): { readonly level: AnnotationLevel; readonly platform?: Platform } | string {
  const [, name = text, named] = LEVEL.exec(text) ?? []
  const level = ANNOTATION_LEVELS.find((each) => each === name)
  if (level === undefined) return `'${text}' is no level of annotations: ${FORM}`
  if (named === undefined) return { level }
  if (level.startsWith('index')) return `an index is for all platforms: write ${level} without [${named}]`
  const platform = parsePlatform(named)
  return platform === undefined
    ? `'${named}' is no platform: write os/architecture, such as linux/arm64`
    : { level, platform }
}
