/** A workflow command of a step: `::error file=a,line=3::text`. */
export interface StepCommand {
  readonly command: string
  readonly text: string
  readonly properties: Readonly<Record<string, string>>
}

export interface ActStep {
  readonly job: string
  readonly stage: 'Pre' | 'Main' | 'Post'
  /** `image` for a step of the workflow, `image/plan` for a step of the action it uses. A step without id has its index.
   *  In a post step only the first and the last id count. */
  readonly id: string
  readonly result: 'success' | 'failure' | 'skipped' | 'unknown'
  /** What it printed, commands among it, without line ends. Those that mask a value are left out. */
  readonly lines: readonly string[]
  /** Annotations, groups and the like, in order. */
  readonly commands: readonly StepCommand[]
  readonly outputs: Readonly<Record<string, string>>
}

/** What a workflow did under act. */
export interface ActRun {
  /** 0 when every job succeeded. */
  readonly exitCode: number
  /** Job and its result. */
  readonly jobs: Readonly<Record<string, string>>
  /** In the order in which they first said something. */
  readonly steps: readonly ActStep[]
  /** Markdown of each step that wrote a summary, in order. */
  readonly summaries: readonly string[]
  /** All lines of all steps, with the step in front. */
  readonly log: string
  /** @throws Error naming the steps that there are */
  step(id: string, stage?: ActStep['stage']): ActStep
}

interface ActEvent {
  readonly jobID?: string
  /** What tells the jobs of a matrix apart. */
  readonly matrix?: Readonly<Record<string, unknown>>
  readonly jobResult?: string
  readonly stage?: ActStep['stage']
  readonly stepID?: readonly string[]
  readonly stepResult?: string
  readonly raw_output?: boolean
  readonly msg?: string
  readonly command?: string
  readonly arg?: string
  readonly name?: string
  readonly raw?: string
  readonly content?: string
  readonly kvPairs?: Readonly<Record<string, string>>
}

interface GrowingStep extends ActStep {
  result: ActStep['result']
  readonly lines: string[]
  readonly commands: StepCommand[]
  readonly outputs: Record<string, string>
}

/** Reads what `act --json` printed; lines that are no JSON are act's own words and left out. */
export function runFromEvents(text: string, exitCode: number): ActRun {
  const steps = new Map<string, GrowingStep>()
  const jobs: Record<string, string> = {}
  const summaries: { id: string; content: string }[] = []
  const log: string[] = []
  for (const event of text.split('\n').flatMap(parsedEvent)) {
    if (event.jobID !== undefined && event.jobResult !== undefined) jobs[event.jobID] = event.jobResult
    if (event.stepID === undefined || event.stage === undefined || event.jobID === undefined) continue
    const key = `${JSON.stringify(event.matrix ?? {})} ${event.jobID}`
    const step = stepOf(steps, key, { job: event.jobID, stage: event.stage, ids: event.stepID })
    const line = note(step, event)
    if (line !== undefined) log.push(`${step.id}: ${line}`)
    if (event.command === 'summary' && event.content) addSummary(summaries, step.id, event.content)
  }
  return {
    exitCode,
    jobs,
    steps: [...steps.values()],
    summaries: summaries.map((summary) => summary.content),
    log: log.join('\n'),
    step: (id, stage = 'Main') => {
      const found = [...steps.values()].find((step) => step.id === id && step.stage === stage)
      if (found) return found
      const there = [...steps.values()].map((step) => `${step.stage} ${step.id}`)
      throw new Error(`no ${stage} step ${id} in this run, only ${there.join(', ')}:\n${log.join('\n')}`)
    },
  }
}

function parsedEvent(line: string): readonly ActEvent[] {
  if (!line.startsWith('{')) return []
  try {
    return [JSON.parse(line) as ActEvent]
  } catch {
    return []
  }
}

/** act names a post step by the way to it, past the steps after it: image, publish, plan. */
function stepIdentity(stage: string, ids: readonly string[]): string {
  return stage === 'Post' && ids.length > 2 ? `${ids[0]}/${ids.at(-1)}` : ids.join('/')
}

function stepOf(
  steps: Map<string, GrowingStep>,
  jobKey: string,
  { job, stage, ids }: Pick<ActStep, 'job' | 'stage'> & { ids: readonly string[] },
): GrowingStep {
  const id = stepIdentity(stage, ids)
  const key = `${jobKey} ${stage} ${id}`
  const known = steps.get(key)
  if (known) return known
  const step: GrowingStep = { job, stage, id, result: 'unknown', lines: [], commands: [], outputs: {} }
  steps.set(key, step)
  return step
}

/** Adds an event to its step. @returns the line that the step printed, if it is one */
function note(step: GrowingStep, event: ActEvent): string | undefined {
  if (event.stepResult !== undefined) step.result = event.stepResult as ActStep['result']
  if (event.command === 'set-output' && event.name !== undefined) step.outputs[event.name] = event.arg ?? ''
  const printed = event.raw_output ? event.msg : event.raw
  if (printed === undefined || event.command === 'add-mask') return undefined
  if (event.command !== undefined) {
    step.commands.push({ command: event.command, text: event.arg ?? '', properties: event.kvPairs ?? {} })
  }
  const line = printed.replace(/\r?\n$/, '')
  step.lines.push(line)
  return line
}

/** The last summary of an action comes a second time, under the step that uses the action. */
function addSummary(summaries: { id: string; content: string }[], id: string, content: string): void {
  const repeated = summaries.some((summary) => summary.id.startsWith(`${id}/`) && summary.content === content)
  if (!repeated) summaries.push({ id, content })
}
