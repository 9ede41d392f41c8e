import { resolve } from 'node:path'
import { isDiskFormat } from '../disk/format.ts'
import { DescriptionError, InputError, type Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputName } from '../inputs/raw.ts'
import type { InputFacts } from '../inputs/reader.ts'
import { kiwiPathProblem } from '../kiwi/place.ts'
import { platformText } from '../oci/platform.ts'
import { chosenBase } from './base.ts'
import { chosenContainer } from './container.ts'
import { conversionProblems } from './diskoptions.ts'
import { diskPathProblems } from './diskpath.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'
import { chosenSource, isReadable } from './source.ts'
import { chosenTargets } from './targets.ts'
import { typePlace } from './typeplace.ts'

/**
 * Checks what the inputs mean together and with the description. Reads the description's folder and nothing else:
 * nothing is installed, downloaded or mounted.
 *
 * @param read the inputs with the problems already found in them
 * @throws InputError with every problem of inputs and description; DescriptionError when all are the description's
 */
export async function makePlan(
  read: { readonly inputs: Inputs; readonly problems: readonly Problem[] },
  facts: InputFacts,
): Promise<Plan> {
  const { inputs, problems: given } = read
  const problems: Problem[] = [...given, ...(await combinationProblems(inputs, facts))]
  const source = await collected(problems, () => chosenSource(inputs, facts, problems))
  if (source !== undefined) {
    const { format } = chosenFormat(inputs, source)
    problems.push(...conversionProblems(source, format, inputs.platform))
    problems.push(...diskPathProblems({ source, format, ...optionalPath(inputs) }))
  }
  const base = await chosenBase(inputs, source, problems)
  const container = chosenContainer(inputs, source, problems)
  const targets = chosenTargets({ inputs, source, names: container.names, given }, problems)
  const fromDescriptions = problems.every((problem) => problem.file !== undefined)
  if (problems.length > 0 || source === undefined) {
    throw fromDescriptions ? new DescriptionError(problems) : new InputError(problems)
  }
  return {
    source,
    ...base,
    ...chosenFormat(inputs, source),
    ...optionalPath(inputs),
    platform: inputs.platform,
    ...container,
    labels: inputs.labels,
    annotations: inputs.annotations,
    compression: inputs.compression,
    push: inputs.push,
    ...targets,
    tlsVerify: inputs.tlsVerify,
    cache: inputs.cache,
    fastBuild: inputs.fastBuild,
    installTools: inputs.installTools,
    ...(inputs.workDirectory === undefined ? {} : { workDirectory: resolve(inputs.workDirectory) }),
    ...(inputs.sourceDateEpoch === undefined ? {} : { sourceDateEpoch: inputs.sourceDateEpoch }),
    summary: inputs.summary,
  }
}

function optionalPath({ diskPath }: Inputs): Pick<Plan, 'diskPath'> {
  return diskPath === undefined ? {} : { diskPath }
}

function chosenFormat(inputs: Inputs, source: DescriptionSource | DiskSource): Pick<Plan, 'format' | 'formatSource'> {
  if (inputs.format !== undefined) return { format: inputs.format, formatSource: 'input format' }
  const selected = source.kind === 'description' ? source.selected : undefined
  if (selected?.diskFormat !== undefined && isDiskFormat(selected.diskFormat)) {
    return { format: selected.diskFormat, formatSource: `format of ${typePlace(selected).where}` }
  }
  return { format: 'qcow2', formatSource: 'default' }
}

/** Runs a reader and keeps the problems it throws, so that all of them come at once. */
async function collected<T>(problems: Problem[], read: () => Promise<T>): Promise<T | undefined> {
  try {
    return await read()
  } catch (error) {
    if (!(error instanceof InputError || error instanceof DescriptionError)) throw error
    problems.push(...error.problems)
    return undefined
  }
}

async function combinationProblems(inputs: Inputs, facts: InputFacts): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const refuse = (name: InputName, text: string) => problems.push({ where: `input ${name}`, text })
  if (inputs.authfile !== undefined && !(await isReadable(inputs.authfile))) {
    refuse('authfile', `${inputs.authfile} cannot be read: name a file of logins`)
  }
  const place = inputs.workDirectory === undefined ? undefined : resolve(inputs.workDirectory)
  const unfit = inputs.description === undefined || place === undefined ? undefined : kiwiPathProblem(place)
  if (unfit !== undefined) refuse('work-dir', unfit)
  const { machine } = facts
  const foreign = inputs.platform.architecture !== machine.architecture || inputs.platform.os !== machine.os
  const targets = inputs.kiwiGlobalArguments.some((argument) => argument.startsWith('--target-arch'))
  if (inputs.description !== undefined && targets && !foreign) {
    refuse('platform', '--target-arch builds for another machine: set platform to the one it builds for')
  }
  if (inputs.description !== undefined && foreign && !targets) {
    const text = `KIWI builds for this machine, ${platformText(machine)}: leave platform out, or build on a machine of ${platformText(inputs.platform)}`
    refuse('platform', text)
  }
  if (inputs.disk !== undefined && inputs.description === undefined) {
    for (const name of descriptionInputs(inputs)) {
      refuse(name, 'belongs to a description, and a disk is given: leave it out')
    }
  }
  return problems
}

/** Which of the inputs that only a description has use for are given. */
function descriptionInputs(inputs: Inputs): readonly InputName[] {
  const given: readonly (readonly [InputName, readonly string[]])[] = [
    ['profiles', inputs.profiles],
    ['type', inputs.type === undefined ? [] : [inputs.type]],
    ['repositories', inputs.repositories],
    ['kiwi-global-arguments', inputs.kiwiGlobalArguments],
    ['kiwi-arguments', inputs.kiwiArguments],
  ]
  return given.flatMap(([name, values]) => (values.length > 0 ? [name] : []))
}
