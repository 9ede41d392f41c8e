import type { Problem } from '../errors.ts'
import type { Platform } from '../oci/platform.ts'
import { type InputName, inputNamed, type RawInputs } from './raw.ts'

/** What the defaults depend on. */
export interface InputFacts {
  readonly machine: Platform
  /** KIWI's name of its architecture, `uname -m`. */
  readonly architecture: string
  /** `true` in the action, `false` on the command line: a terminal's machine is somebody's own. */
  readonly installTools: boolean
  /** The variable `SOURCE_DATE_EPOCH`. */
  readonly sourceDateEpoch?: string
}

const TRUE = ['true', 'True', 'TRUE']
const FALSE = ['false', 'False', 'FALSE']

/** Reads single inputs and collects what is wrong with them. */
export class InputReader {
  readonly raw: RawInputs
  readonly facts: InputFacts
  readonly problems: Problem[] = []

  constructor(raw: RawInputs, facts: InputFacts) {
    this.raw = raw
    this.facts = facts
    for (const name of raw.keys()) if (inputNamed(name) === undefined) throw new Error(`undeclared input ${name}`)
  }

  refuse(name: InputName, text: string): void {
    this.problems.push({ where: `input ${name}`, text })
  }

  /** The value without surrounding blanks; an empty one counts as not given. */
  text(name: InputName): string | undefined {
    const value = this.secret(name)?.trim()
    return value === '' ? undefined : value
  }

  /** The value as it was given: blanks may belong to a password. */
  secret(name: InputName): string | undefined {
    const value = this.raw.get(name)?.at(-1)
    return value === '' ? undefined : value
  }

  optional<K extends string>(key: K, name: InputName): { [P in K]?: string } {
    const value = this.text(name)
    return (value === undefined ? {} : { [key]: value }) as { [P in K]?: string }
  }

  list(name: InputName): readonly string[] {
    return (this.raw.get(name) ?? []).map((line) => line.trim()).filter((line) => line !== '')
  }

  boolean(name: InputName, otherwise: boolean): boolean {
    const text = this.text(name)
    if (text === undefined) return otherwise
    if (!TRUE.includes(text) && !FALSE.includes(text)) this.refuse(name, `'${text}' is no boolean: write true or false`)
    return TRUE.includes(text)
  }

  /** `KEY=VALUE` lines; the value may hold `=` and may be empty. The last of a key wins, as in docker's actions. */
  pairs(name: InputName): Readonly<Record<string, string>> {
    const entries: [string, string][] = []
    for (const line of this.list(name)) {
      const split = line.indexOf('=')
      if (split > 0) entries.push([line.slice(0, split).trim(), line.slice(split + 1)])
      else this.refuse(name, `'${line}' is no KEY=VALUE: write the key, an equals sign and the value`)
    }
    return Object.fromEntries(entries)
  }
}
