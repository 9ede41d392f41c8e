import { access, constants, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { bundleName } from '../description/bundle.ts'
import type { Repository } from '../description/description.ts'
import { findDescription } from '../description/find.ts'
import { readDescription } from '../description/read.ts'
import { activeRepositories, repositoryProblems } from '../description/repositories.ts'
import { selectType } from '../description/select.ts'
import { type DiskFormat, isDiskFormat } from '../disk/format.ts'
import { DescriptionError, InputError, type Problem } from '../errors.ts'
import { givenRepositories } from '../host/given-repository.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputName } from '../inputs/raw.ts'
import type { InputFacts } from '../inputs/reader.ts'
import { kiwiPathProblem } from '../kiwi/place.ts'
import { configProblems, KIWI_WORDS, mergedChanges } from '../oci/containerconfig.ts'
import { containerNames, namingProblems } from '../oci/containername.ts'
import { platformText } from '../oci/platform.ts'
import { diskPathProblem } from '../oci/tar.ts'
import { parseBase } from '../registry/basename.ts'
import type { DescriptionSource, DiskSource, Placeholder, Plan } from './plan.ts'

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
  const { inputs } = read
  const problems: Problem[] = [...read.problems, ...(await combinationProblems(inputs, read.problems, facts))]
  const source = await collected(problems, () => chosenSource(inputs, facts, problems))
  const selected = source?.kind === 'description' ? source.selected : undefined
  const base = chosenBase(inputs, source, problems)
  const fromDescriptions = problems.every((problem) => problem.file !== undefined)
  if (problems.length > 0 || source === undefined) {
    throw fromDescriptions ? new DescriptionError(problems) : new InputError(problems)
  }
  const { labels, containerconfig } = inputs
  return {
    source,
    ...base,
    format: inputs.format ?? describedFormat(source) ?? 'qcow2',
    ...(inputs.diskPath === undefined ? {} : { diskPath: inputs.diskPath }),
    platform: inputs.platform,
    config: mergedChanges(selected?.containerConfig ?? {}, containerconfig),
    labels,
    annotations: inputs.annotations,
    names: containerNames({ ...selected?.naming, ...inputs.naming }),
    compression: inputs.compression,
    tags: inputs.tags,
    push: inputs.push,
    exports: inputs.exports,
    tlsVerify: inputs.tlsVerify,
    cache: inputs.cache,
    installTools: inputs.installTools,
    ...(inputs.workDirectory === undefined ? {} : { workDirectory: resolve(inputs.workDirectory) }),
    ...(inputs.sourceDateEpoch === undefined ? {} : { sourceDateEpoch: inputs.sourceDateEpoch }),
    summary: inputs.summary,
  }
}

function describedFormat(source: DescriptionSource | DiskSource): DiskFormat | undefined {
  const format = source.kind === 'description' ? source.selected.diskFormat : undefined
  return format !== undefined && isDiskFormat(format) ? format : undefined
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

async function combinationProblems(
  inputs: Inputs,
  given: readonly Problem[],
  facts: InputFacts,
): Promise<readonly Problem[]> {
  const problems: Problem[] = []
  const refuse = (name: InputName, text: string) => problems.push({ where: `input ${name}`, text })
  const tagsRefused = given.some((problem) => problem.where === 'input tags')
  if (inputs.push && inputs.tags.length === 0 && !tagsRefused)
    refuse('push', 'there are no tags to push to: set tags, or leave push out')
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

async function chosenSource(
  inputs: Inputs,
  facts: InputFacts,
  problems: Problem[],
): Promise<DescriptionSource | DiskSource | undefined> {
  const { description, disk } = inputs
  if (description !== undefined && disk !== undefined) {
    problems.push({ where: 'input disk', text: 'a description is given too: give one of the two' })
    return undefined
  }
  if (disk !== undefined) return diskSource(disk, inputs.diskPath, problems)
  if (description !== undefined) return descriptionSource(description, inputs, facts, problems)
  problems.push({
    where: 'input description',
    text: 'missing: name the folder of a KIWI description, or a disk to wrap with the input disk',
  })
  return undefined
}

async function diskSource(disk: string, diskPath: string | undefined, problems: Problem[]): Promise<DiskSource> {
  const path = resolve(disk)
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile()) {
    const what = stats === undefined ? 'there is no such file' : 'this is no file'
    problems.push({ where: 'input disk', text: `${path}: ${what}: name a disk file (qcow2, raw, …)` })
  } else if (!(await isReadable(path))) {
    problems.push({ where: 'input disk', text: `${path} cannot be read: give us the right to read it` })
  }
  const nameProblem = diskPath === undefined ? diskPathProblem(`/disk/${basename(path)}`) : undefined
  if (nameProblem !== undefined) problems.push({ where: 'input disk-path', text: `missing, and ${nameProblem}` })
  return { kind: 'disk', path }
}

async function descriptionSource(
  path: string,
  inputs: Inputs,
  facts: InputFacts,
  problems: Problem[],
): Promise<DescriptionSource> {
  const { architecture } = facts
  const description = await readDescription(await findDescription(path))
  const { profiles, type, format, repositories } = inputs
  const chosen = { profiles, architecture }
  const selected = selectType(description, {
    ...chosen,
    ...(type === undefined ? {} : { type }),
    ...(format === undefined ? {} : { format }),
  })
  const { packageManager } = selected
  const where = { where: `${basename(selected.file)}:${selected.line}`, file: selected.file, line: selected.line }
  const { containerConfig = {}, naming = {} } = selected
  for (const { key, text } of [...namingProblems(naming), ...configProblems(containerConfig)]) {
    problems.push({ ...where, text: `<containerconfig> ${KIWI_WORDS.get(key) ?? key}: ${text}` })
  }
  problems.push(
    ...givenRepositories(repositories).problems,
    ...repositoryProblems(description, { ...chosen, packageManager, repositories }),
  )
  const diskName = bundleName(selected, description.name, architecture)
  return {
    kind: 'description',
    folder: description.folder,
    file: description.file,
    name: description.name,
    version: selected.version,
    schemaVersion: description.schemaVersion,
    profiles,
    // KIWI knows the type by its present name: vmx of old schemas is an oem.
    ...(type === undefined ? {} : { type: selected.image }),
    selected,
    ...(diskName === undefined ? {} : { diskName }),
    packageManager,
    hasFstabPatch: await isReadable(join(description.folder, 'fstab.patch')),
    repositories,
    placeholders: activeRepositories(description, profiles, architecture)
      .filter((repository) => repository.isPlaceholder)
      .map(placeholder),
    kiwiVersion: inputs.kiwiVersion,
    globalArguments: inputs.kiwiGlobalArguments,
    buildArguments: inputs.kiwiArguments,
  }
}

function placeholder({ index, file, line, attributes }: Repository): Placeholder {
  const { distribution, components } = attributes
  return {
    index,
    where: `${basename(file)}:${line}`,
    ...(distribution ? { distribution } : {}),
    ...(components ? { components: components.trim().split(/\s+/) } : {}),
    imageInclude: attributes['imageinclude'] === 'true',
    repositoryGpgcheck: attributes['repository_gpgcheck'] === 'true',
  }
}

function chosenBase(
  inputs: Inputs,
  source: DescriptionSource | DiskSource | undefined,
  problems: Problem[],
): { base: string; baseSource: string } {
  if (inputs.baseImage !== undefined) {
    const parsed = parseBase(inputs.baseImage)
    if (typeof parsed === 'object' && 'problem' in parsed) {
      problems.push({ where: 'input base-image', text: parsed.problem })
    }
    return { base: inputs.baseImage, baseSource: 'input base-image' }
  }
  const selected = source?.kind === 'description' ? source.selected : undefined
  if (selected?.derivedFrom === undefined) return { base: 'scratch', baseSource: 'default' }
  const { derivedFrom, file, derivedFromLine: line = selected.line } = selected
  const where = `${basename(file)}:${line}`
  const parsed = parseBase(derivedFrom)
  if (typeof parsed === 'object' && 'problem' in parsed) problems.push({ where, text: parsed.problem, file, line })
  return { base: derivedFrom, baseSource: `derived_from of ${where}` }
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
