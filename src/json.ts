export type JsonObject = Readonly<Record<string, unknown>>

/** Whether what `JSON.parse` gave is an object, and no list. */
export function isJsonObject(value: unknown): value is JsonObject {
  return typeof value === 'object' && value !== null && !Array.isArray(value)
}
