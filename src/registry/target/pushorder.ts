import { parseReference } from '../../oci/reference.ts'

/**
 * Least specific tags last, so that what people follow moves when everything else is in place: versions by falling
 * number of components, then other names, then `latest`. Else the given order.
 */
export function pushOrder(tags: readonly string[]): readonly string[] {
  return tags.toSorted((one, other) => specificity(other) - specificity(one))
}

/** What a push would do, for jobs that do not push. */
export function describePush(tags: readonly string[]): readonly string[] {
  if (tags.length === 0) return []
  return ['nothing is pushed: push is false; it would go to', ...pushOrder(tags).map((tag) => `  ${tag}`)]
}

function specificity(reference: string): number {
  const parsed = parseReference(reference)
  const tag = typeof parsed === 'string' ? undefined : parsed.tag
  if (tag === undefined || tag === 'latest') return -1
  const version = /^v?(\d+(?:\.\d+)*)(?![A-Za-z0-9])/.exec(tag)?.[1]
  return version === undefined ? 0 : version.split('.').length
}
