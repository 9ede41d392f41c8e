import { annotationsFor, type LevelledAnnotation } from '../annotations.ts'
import { platformKey } from '../platform.ts'
import { type ImageIndex, imageIndex } from './imageindex.ts'
import { type IndexPart, partPlatforms } from './indexpart.ts'

/**
 * One index of everything that its parts hold; the same bytes in whatever order they come. Annotations of the parts'
 * entries stay; of those of their indexes the ones that are the same in all.
 *
 * @param annotations what levels of an index take, over what the parts say
 * @throws ImageError when the entries together break a rule of our indexes; `partProblems` says more of it
 */
export function mergedIndex(parts: readonly IndexPart[], annotations: readonly LevelledAnnotation[]): ImageIndex {
  const entries = parts.flatMap((part) =>
    part.entries.map(({ descriptor }) => {
      const own = annotationsFor(annotations, 'manifest-descriptor', descriptor.platform)
      return { ...descriptor, annotations: { ...descriptor.annotations, ...own } }
    }),
  )
  return imageIndex(entries, { ...commonAnnotations(parts), ...annotationsFor(annotations, 'index') })
}

/** Those that nothing of the merged index takes: a manifest's, those of an index's descriptor, of a platform not there. */
export function unusedAnnotations(
  parts: readonly IndexPart[],
  annotations: readonly LevelledAnnotation[],
): readonly LevelledAnnotation[] {
  const platforms = parts.flatMap(partPlatforms)
  return annotations.filter(({ levels, platform }) => {
    const isThere = platform === undefined || platforms.includes(platformKey(platform))
    return !levels.includes('index') && !(levels.includes('manifest-descriptor') && isThere)
  })
}

function commonAnnotations(parts: readonly IndexPart[]): Readonly<Record<string, string>> {
  const [first, ...others] = parts
  const common = Object.entries(first?.annotations ?? {}).filter(([key, value]) =>
    others.every(({ annotations }) => annotations[key] === value),
  )
  return Object.fromEntries(common)
}
