import type { Report } from '../report.ts'

export interface LogLine {
  readonly level: 'DEBUG' | 'INFO' | 'WARNING' | 'ERROR' | 'CRITICAL'
  readonly message: string
}

/** How long one phase of a build took. */
export interface Phase {
  readonly title: string
  readonly seconds: number
}

const LINE = /^\[ (DEBUG|INFO|WARNING|ERROR|CRITICAL) *\]: (?:\d\d:\d\d:\d\d \| )?(.*)$/
// biome-ignore lint/suspicious/noControlCharactersInRegex: ESC starts the colours of --color-output
const COLOURS = /\u001b\[[\d;]*m/g

/** The phases in the order of a build, with the messages of KIWI 9 to 11 that start each. */
const PHASES: readonly { readonly title: string; readonly start: RegExp }[] = [
  { title: 'Description', start: /^Loading XML description/ },
  { title: 'Bootstrap', start: /^(Preparing (new root )?system|Setup root directory|Installing bootstrap packages)/ },
  { title: 'Packages', start: /^(Installing system|Update system|Updating system)/ },
  {
    title: 'Configuration',
    start: /^(Copying user defined files|Setting up user |Calling (config|config-overlay)\.sh)/,
  },
  { title: 'Disk', start: /^(Creating system image|Preparing boot system|Creating raw disk image)/ },
  { title: 'Initrd', start: /^(Creating generic dracut initrd|Creating initrd cpio|Preparing boot image)/ },
  { title: 'Boot loader', start: /^(Creating \S+ bootloader configuration|Creating grub2 bootloader images)/ },
  { title: 'Disk content', start: /^Syncing system to image/ },
  { title: 'Results', start: /^(Export \S+ packages metadata|Result files)/ },
]

/**
 * One line of what KIWI prints, `[ INFO    ]: 12:00:01 | text`, without its colours.
 *
 * @returns undefined for what continues the line before: a traceback, the output of a program that failed
 */
export function logLine(line: string): LogLine | undefined {
  const [, level, message] = LINE.exec(line) ?? []
  return level === undefined || message === undefined ? undefined : { level: level as LogLine['level'], message }
}

/** Empty lines, and progress bars, which overwrite one another on a terminal and say nothing in a log. */
export function saysNothing(line: string): boolean {
  return /^(\[ INFO +\]: Processing: \[.*|\s*)$/.test(line)
}

/** Title of the phase that starts with a message, when one does. */
export function phaseOf(message: string): string | undefined {
  return PHASES.find(({ start }) => start.test(message))?.title
}

/**
 * Reads KIWI's output as it comes: hands it to the report with a group for each phase, measures the phases, and keeps
 * what a failure is explained with.
 */
export class KiwiLog {
  readonly #report: Report
  readonly #now: () => number
  readonly #phases: Phase[] = []
  readonly #errors: string[][] = []
  #open: { readonly title: string; readonly since: number } | undefined
  #inError = false
  #neededMegabytes = 0

  /** @param now the time in milliseconds */
  constructor(report: Report, now: () => number) {
    this.#report = report
    this.#now = now
  }

  /** Takes the next line. */
  take(raw: string): void {
    if (saysNothing(raw)) return
    const line = raw.replaceAll(COLOURS, '').trimEnd()
    const parsed = logLine(line)
    if (parsed !== undefined) this.#read(parsed)
    if (this.#inError) this.#errors.at(-1)?.push(parsed?.message ?? line)
    this.#report.output(line)
  }

  #read({ level, message }: LogLine): void {
    this.#inError = level === 'ERROR' || level === 'CRITICAL'
    if (this.#inError) this.#errors.push([])
    if (level !== 'INFO') return
    const title = phaseOf(message)
    // Later images of the same build (an installation ISO) go through the phases again: only forward counts.
    if (title !== undefined && position(title) > position(this.phase)) this.#enter(title)
    const needs = /^--> system data with filesystem overhead needs (\d+) MB/.exec(message)?.[1]
    if (needs !== undefined) this.#neededMegabytes = Number(needs)
  }

  #enter(title: string): void {
    this.#leave()
    this.#open = { title, since: this.#now() }
    this.#report.group(`KIWI: ${title}`)
  }

  #leave(): void {
    if (this.#open === undefined) return
    this.#phases.push({ title: this.#open.title, seconds: (this.#now() - this.#open.since) / 1000 })
    this.#report.endGroup()
  }

  /** Ends the last group. @returns every phase that took place, in order */
  end(): readonly Phase[] {
    this.#leave()
    this.#open = undefined
    return this.#phases
  }

  /** Title of the phase that runs, or of the last one. */
  get phase(): string | undefined {
    return this.#open?.title ?? this.#phases.at(-1)?.title
  }

  /** What KIWI logged as errors, each with the lines that belong to it; the level and the time are cut off. */
  get errors(): readonly (readonly string[])[] {
    return this.#errors
  }

  /** Size in MB of the system that goes onto the disk, 0 when KIWI had not come so far. */
  get neededMegabytes(): number {
    return this.#neededMegabytes
  }
}

function position(title: string | undefined): number {
  return PHASES.findIndex((phase) => phase.title === title)
}
