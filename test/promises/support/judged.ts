import type { StepRun } from '../../process/support/step.ts'
import { type RunnerCommand, readAsRunner, readFileCommands } from './runnercommands.ts'

/** The commands that steps of ours give. */
const OURS = ['add-mask', 'endgroup', 'error', 'group', 'warning']
/** What they may write for steps after them. */
const OUTPUTS = ['plan', 'built', 'digest', 'layout', 'disk', 'metadata', 'image', 'tags']

export interface Expected {
  /** How many annotations of an error. */
  readonly errors: number
  readonly warnings?: number
}

/** What of a step's output the runner takes that is none of ours, and what of ours it does not get. */
export async function misread(run: StepRun, { errors, warnings = 0 }: Expected): Promise<readonly string[]> {
  const [out, err] = [readAsRunner(run.stdout), readAsRunner(run.stderr)]
  const count = (name: string) => out.commands.filter((command) => command.name === name).length
  const foreign = [...out.commands.filter(({ name }) => !OURS.includes(name)), ...err.commands]
  return [
    ...foreign.map((command) => `the runner takes ${shown(command)}`),
    ...(count('error') === errors ? [] : [`${count('error')} errors instead of ${errors}: ${run.stdout.slice(-3000)}`]),
    ...(count('warning') === warnings ? [] : [`${count('warning')} warnings instead of ${warnings}`]),
    ...(out.stopped ? ['commands of later lines stay stopped'] : []),
    ...(await foreignFiles(run)),
  ]
}

/** Commands among all that carry a mark; errors and warnings of ours may quote it. */
export function carrying(run: StepRun, mark: string): readonly RunnerCommand[] {
  const { commands } = readAsRunner(`${run.stdout}\n`)
  return [...commands, ...readAsRunner(run.stderr).commands].filter((command) => shown(command).includes(mark))
}

async function foreignFiles(run: StepRun): Promise<readonly string[]> {
  const outputs = readFileCommands(await run.file('OUTPUT')).map(([name]) => name)
  const state = readFileCommands(await run.file('STATE')).map(([name]) => name)
  const rest = `${await run.file('ENV')}${await run.file('PATH')}`
  return [
    ...outputs.filter((name) => !OUTPUTS.includes(name)).map((name) => `an output ${name}`),
    ...state.filter((name) => name !== 'folders').map((name) => `a state ${name}`),
    ...(rest === '' ? [] : [`in the environment of later steps: ${rest}`]),
  ]
}

function shown({ name, properties, data }: RunnerCommand): string {
  return `${name} ${JSON.stringify(properties)} ${data}`
}
