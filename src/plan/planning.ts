import { resolve } from 'node:path'
import { DescriptionError, InputError, type Problem } from '../errors.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputName } from '../inputs/raw.ts'
import type { InputFacts } from '../inputs/reader.ts'
import { kiwiPathProblem } from '../kiwi/place.ts'
import { platformText } from '../oci/platform.ts'
import { chosenBase } from './base.ts'
import { childPathProblems } from './childpath.ts'
import { plannedChildren } from './children.ts'
import { chosenContainer } from './container.ts'
import { conversionProblems } from './diskoptions.ts'
import { chosenFormat, formatProblems } from './format.ts'
import { chosenKinds, kindProblems } from './kinds.ts'
import type { DescriptionSource, DiskSource, Plan } from './plan.ts'
import { chosenSource, isReadable } from './source.ts'
import { chosenTargets } from './targets.ts'

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
  const problems: Problem[] = [...given, ...(await combinationProblems(inputs, facts)), ...kindProblems(inputs, given)]
  const source = await collected(problems, () => chosenSource(inputs, facts, problems))
  if (source !== undefined) problems.push(...diskProblems(inputs, source))
  const base = await chosenBase(inputs, source, problems)
  const container = chosenContainer(inputs, source, base.base, problems)
  const targets = chosenTargets({ inputs, source, names: container.names, given }, problems)
  const fromDescriptions = problems.every((problem) => problem.file !== undefined)
  if (problems.length > 0 || source === undefined) {
    throw fromDescriptions ? new DescriptionError(problems) : new InputError(problems)
  }
  return {
    ...chosenDisk(inputs, source),
    ...base,
    ...container,
    labels: inputs.labels,
    annotations: inputs.annotations,
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

/** The disk, what is made of it, and where it goes there. */
function chosenDisk(inputs: Inputs, source: DescriptionSource | DiskSource) {
  const { platform, compression, diskPath } = inputs
  const placed = diskPath === undefined ? {} : { diskPath }
  return { source, ...chosenKinds(inputs), ...chosenFormat(inputs, source), ...placed, platform, compression }
}

/** What is wrong with the disks that are asked for, once both inputs and description are known. */
function diskProblems(inputs: Inputs, source: DescriptionSource | DiskSource): readonly Problem[] {
  const disk = chosenDisk(inputs, source)
  const formats = new Set(plannedChildren(disk).map(({ format }) => format))
  return [
    ...formatProblems(inputs, source),
    ...[...formats].flatMap((format) => conversionProblems(source, format, inputs.platform)),
    ...childPathProblems(disk),
  ]
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
