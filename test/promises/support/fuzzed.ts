import { subscribe, unsubscribe } from 'node:diagnostics_channel'
import { setImmediate } from 'node:timers/promises'
import fc from 'fast-check'
import { describeError, KnownError } from '../../../src/errors.ts'
import { isWide, type Tried, times } from './tried.ts'

/** The same cases each time in the narrow form; others each time in the wide one, which says which. */
const SEED = isWide ? Math.floor(Math.random() * 2 ** 31) : 7
/** Of the processor, for one case: most take less than a millisecond. What waits for ever runs into the suite's time limit. */
const LIMIT_MILLISECONDS = 5000
const SHOWN = 400

export interface Fuzzing<Value> {
  readonly values: fc.Arbitrary<Value>
  /** Does with a value what the product does. A known error is an answer; an assertion that fails is none. */
  readonly look: (value: Value) => unknown
  /** How many in the narrow form; the wide one has a hundred thousand unless `wide` says another number. */
  readonly narrow: number
  readonly wide?: number
  /** Whether the product starts programs here. */
  readonly programs?: true
}

/**
 * Gives the product values that were never meant for it: each comes to a value or to an error that tells the user what to
 * do, soon, without starting a program, and without a warning of Node or a library that goes to standard error as it is.
 */
export async function fuzz<Value>(tried: Tried, kind: string, fuzzing: Fuzzing<Value>): Promise<void> {
  const { values, look, narrow, wide = 100_000, programs } = fuzzing
  const outcomes = { value: 0, error: 0 }
  let started = 0
  const onProcess = () => {
    started += 1
  }
  let warning: Error | undefined
  const onWarning = (warned: Error) => {
    warning ??= warned
  }
  subscribe('child_process', onProcess)
  process.on('warning', onWarning)
  const property = fc.asyncProperty(values, async (value) => {
    const began = process.cpuUsage()
    try {
      await look(value)
      outcomes.value += 1
    } catch (error) {
      if (!isKnown(error)) throw error
      outcomes.error += 1
    }
    const { user, system } = process.cpuUsage(began)
    const took = (user + system) / 1000
    if (took > LIMIT_MILLISECONDS) throw new Error(`took ${Math.round(took)} ms of the processor`)
    if (started > 0 && programs === undefined) throw new Error('started a program')
  })
  const found = await fc.check(property, { seed: SEED, numRuns: times(narrow, wide) })
  // Node hands a warning on in its next turn.
  await setImmediate()
  process.off('warning', onWarning)
  unsubscribe('child_process', onProcess)
  for (let run = found.numRuns; run > 0; run--) tried.add(kind)
  process.stdout.write(`${kind}: ${outcomes.value} values, ${outcomes.error} errors, seed ${SEED}\n`)
  if (found.failed) tried.add(kind, [failureText(found as Failure)])
  if (warning !== undefined) tried.add(kind, [`warned past our report: ${warning.message.slice(0, SHOWN)}`])
}

type Failure = Pick<fc.RunDetailsFailureProperty<unknown>, 'counterexample' | 'errorInstance' | 'counterexamplePath'>

/** Whether an error is one that the user is told, as a known one or as a trouble of the file system. */
function isKnown(error: unknown): boolean {
  return error instanceof KnownError || !describeError(error).message.includes('a bug in kiwi-oci')
}

function failureText({ counterexample, errorInstance, counterexamplePath }: Failure): string {
  const { stack = String(errorInstance) } = errorInstance instanceof Error ? errorInstance : new Error('no error')
  const shown = fc.stringify(counterexample).slice(0, SHOWN)
  return `seed ${SEED} path ${counterexamplePath}: ${shown}\n${stack.split('\n').slice(0, 8).join('\n')}`
}
