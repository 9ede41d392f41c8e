/**
 * Whether a kiwi-ng version comes before another.
 *
 * @param version `MAJOR.MINOR.PATCH`, or `system`: whatever a distribution has counts as older than all, since the
 *   tools that only old versions want are small
 */
export function isOlder(version: string, than: string): boolean {
  if (version === 'system') return true
  const left = version.split('.').map(Number)
  const right = than.split('.').map(Number)
  for (const [index, wanted] of right.entries()) {
    const part = left[index] ?? 0
    if (part !== wanted) return part < wanted
  }
  return false
}
