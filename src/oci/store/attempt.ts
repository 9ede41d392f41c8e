import { ImageError } from '../../errors.ts'

/** A value, or why there is none. */
export interface Attempt<Value> {
  readonly value?: Value
  readonly violations: readonly string[]
}

/** What `parse` makes of the bytes, its ImageError as violations; nothing of either where there are no bytes. */
export function attempt<Value>(bytes: Uint8Array | undefined, parse: (bytes: Uint8Array) => Value): Attempt<Value> {
  if (bytes === undefined) return { violations: [] }
  try {
    return { value: parse(bytes), violations: [] }
  } catch (error) {
    if (error instanceof ImageError) return { violations: error.violations }
    throw error
  }
}
