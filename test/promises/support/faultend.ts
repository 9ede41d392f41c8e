import { KnownError, RegistryError } from '../../../src/errors.ts'
import type { FaultCase } from './faultcase.ts'

/** How one case ended. */
export interface FaultEnd {
  readonly fault: FaultCase
  /** What the product threw. */
  readonly error: unknown
  /** What the tag carried before, and what it was to carry. */
  readonly old: string
  readonly wanted: string | undefined
  /** What it carries now, asked of the registry itself. */
  readonly now: { readonly digest: string | undefined; readonly broken: readonly string[] }
  /** All it carried meanwhile, with what was broken of it. */
  readonly seen: ReadonlyMap<string | undefined, readonly string[]>
  readonly address: string
  /** When the fault hit, and how long the product would have waited between tries; milliseconds. */
  readonly hits: readonly number[]
  readonly waits: readonly number[]
}

/** At most 6 tries of skopeo, which asks 5 times itself where there were too many requests. */
const MOST_HITS = 6 * 5 * 3
/** Of one call 6 tries of 2 minutes and half of it more, where nothing else is told. */
const MOST_WAIT_MILLISECONDS = 12 * 60 * 1000
/** Where there were too many requests and skopeo does not tell how long to wait. */
const LEAST_RATE_MILLISECONDS = 15_000
const CIRCUMSTANCES = /\((?:while|at|in the middle)[^()]*, [1-6] tr(?:y|ies)\)/
const NEXT_STEP = /check|try again|log in|ask who|raise|may not do so|somebody else|set /

/** @returns a text for each promise that this end does not keep */
export function wrongEnd(end: FaultEnd): readonly string[] {
  const { fault, error, hits } = end
  const wrong: string[] = []
  if (hits.length === 0) wrong.push('the fault never came')
  if (hits.length > MOST_HITS) wrong.push(`${hits.length} requests met the fault`)
  const waited = end.waits.reduce((sum, wait) => sum + wait, 0)
  if (waited > MOST_WAIT_MILLISECONDS) wrong.push(`it waited ${waited / 1000} s`)
  const early = fault.action.startsWith('status:429') ? end.waits.filter((wait) => wait < LEAST_RATE_MILLISECONDS) : []
  if (early.length > 0) wrong.push(`it came back after ${early} ms`)
  if (fault.ends === 'well' && error !== undefined) wrong.push(`failed: ${error}`)
  if (fault.ends === 'refused' && error === undefined) wrong.push('ended well')
  return [...wrong, ...wrongTag(end), ...(error === undefined ? [] : wrongError(error, end))]
}

function wrongTag({ error, old, wanted, now, seen }: FaultEnd): readonly string[] {
  const wrong = [...seen].flatMap(([digest, broken]) => [
    ...(digest === old || digest === wanted ? [] : [`the tag carried ${digest}`]),
    ...broken.map((text) => `the tag carried ${digest}, of which ${text}`),
  ])
  if (error === undefined && now.digest !== wanted) wrong.push(`success, and the tag carries ${now.digest}`)
  return wrong
}

function wrongError(error: unknown, { fault, wanted, old, now, address }: FaultEnd): readonly string[] {
  if (!(error instanceof KnownError)) return [`a bug: ${error instanceof Error ? error.stack : error}`]
  const { message } = error
  const wrong: string[] = []
  if (/\n/.test(message)) wrong.push(`several lines: ${message}`)
  if (!message.includes(address)) wrong.push(`it does not say where: ${message}`)
  // What came is no image, or nothing is there: only faults that look like an honest answer come to that.
  if (!(error instanceof RegistryError)) {
    return fault.ends === 'either' ? wrong : [...wrong, `no error of a registry: ${message}`]
  }
  if (!CIRCUMSTANCES.test(message)) wrong.push(`it does not say when and how often: ${message}`)
  if (!NEXT_STEP.test(message)) wrong.push(`it does not say what to do: ${message}`)
  const status = /^status:(\d+)/.exec(fault.action)?.[1]
  if (status !== undefined && fault.ends === 'refused' && !message.includes(`HTTP ${status}`)) {
    wrong.push(`it does not say the status: ${message}`)
  }
  // Who lies about what a tag carries is believed.
  if (fault.kind === 'GET manifest') return wrong
  const said = /it carries (sha256:[0-9a-f]{64}) now/.exec(message)?.[1]
  if (said !== undefined && said !== now.digest) wrong.push(`it says ${said} and there is ${now.digest}: ${message}`)
  if (/nothing is there/.test(message) && now.digest !== undefined) wrong.push(`something is there: ${message}`)
  if (now.digest === wanted && wanted !== old) wrong.push(`it failed and the tag moved: ${message}`)
  return wrong
}
