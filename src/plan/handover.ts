import { InputError } from '../errors.ts'
import { isJsonObject } from '../json.ts'

/** Whether a value of JSON is what it has to be. */
export type Shape = (value: unknown) => boolean

/** A member that may be left out. */
interface OptionalShape {
  readonly optional: Shape
}

/** One for each member of an interface, so that none is handed over unseen. */
export type Members<Of> = {
  readonly [Name in keyof Of]-?: undefined extends Of[Name] ? OptionalShape : Shape
}

export const isText: Shape = (value) => typeof value === 'string'
export const isFlag: Shape = (value) => typeof value === 'boolean'
/** Of bytes, lines, things: whole and not below 0. */
export const isCount: Shape = (value) => Number.isSafeInteger(value) && (value as number) >= 0
export const isSeconds: Shape = (value) => Number.isFinite(value) && (value as number) >= 0
export const isAbsolutePath: Shape = (value) => typeof value === 'string' && /^\/[^\0]*$/.test(value)

export function isOneOf(words: readonly string[]): Shape {
  return (value) => typeof value === 'string' && words.includes(value)
}

/** A text that a parser takes. */
export function isTextThat(fits: (text: string) => boolean): Shape {
  return (value) => typeof value === 'string' && fits(value)
}

export function isListOf(item: Shape): Shape {
  return (value) => Array.isArray(value) && value.every(item)
}

export function isRecordOf(member: Shape): Shape {
  return (value) => isJsonObject(value) && Object.values(value).every(member)
}

export function isAnyOf(...shapes: readonly Shape[]): Shape {
  return (value) => shapes.some((fits) => fits(value))
}

export const isNull: Shape = (value) => value === null

export function optionally(shape: Shape): OptionalShape {
  return { optional: shape }
}

/** An object with these members and no other. */
export function isMade<Of>(members: Members<Of>): Shape {
  const shapes = new Map(Object.entries<Shape | OptionalShape>(members))
  return (value) => {
    if (!isJsonObject(value) || !Object.keys(value).every((name) => shapes.has(name))) return false
    return [...shapes].every(([name, shape]) => {
      const isThere = Object.hasOwn(value, name)
      return typeof shape === 'function' ? isThere && shape(value[name]) : !isThere || shape.optional(value[name])
    })
  }
}

/**
 * What one step of the action hands to the next as JSON. A script of the job may have put something else in its place.
 *
 * @param name of the input that it comes as, @param shape of all of it
 * @throws InputError when it is no JSON object, or has another shape
 */
export function handedOver(name: string, text: string, shape: Shape = isJsonObject): Readonly<Record<string, unknown>> {
  try {
    const value: unknown = JSON.parse(text)
    if (isJsonObject(value) && shape(value)) return value
  } catch (error) {
    // What is nested too deep to be looked at was not written by us either.
    if (!(error instanceof SyntaxError || error instanceof RangeError)) throw error
  }
  const problem = 'is not what the step before writes: use the action as a whole, not this step of it'
  throw new InputError([{ where: `input ${name}`, text: problem }])
}
