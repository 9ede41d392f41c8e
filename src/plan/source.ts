import { access, constants, stat } from 'node:fs/promises'
import { basename, join, resolve } from 'node:path'
import { bundleName } from '../description/bundle.ts'
import type { Repository } from '../description/description.ts'
import { findDescription } from '../description/find.ts'
import { readDescription } from '../description/read.ts'
import { activeRepositories, repositoryProblems } from '../description/repositories.ts'
import { selectType } from '../description/select.ts'
import type { Problem } from '../errors.ts'
import { givenRepositories } from '../host/given-repository.ts'
import type { Inputs } from '../inputs/inputs.ts'
import type { InputFacts } from '../inputs/reader.ts'
import { configProblems, KIWI_WORDS } from '../oci/container/containerconfig.ts'
import { namingProblems } from '../oci/container/containername.ts'
import type { DescriptionSource, DiskSource, Placeholder } from './plan.ts'
import { typePlace } from './typeplace.ts'

/**
 * What is wrapped: the given disk, or what KIWI makes of the description. Reads the description's folder.
 *
 * @param problems what is found wrong is added here
 * @returns undefined where the inputs name neither or both
 * @throws InputError and DescriptionError for a description that cannot be read or has nothing to build
 */
export async function chosenSource(
  inputs: Inputs,
  facts: InputFacts,
  problems: Problem[],
): Promise<DescriptionSource | DiskSource | undefined> {
  const { description, disk } = inputs
  if (description !== undefined && disk !== undefined) {
    problems.push({ where: 'input disk', text: 'a description is given too: give one of the two' })
    return undefined
  }
  if (disk !== undefined) return diskSource(disk, problems)
  if (description !== undefined) return descriptionSource(description, inputs, facts, problems)
  problems.push({
    where: 'input description',
    text: 'missing: name the folder of a KIWI description, or a disk to wrap with the input disk',
  })
  return undefined
}

async function diskSource(disk: string, problems: Problem[]): Promise<DiskSource> {
  const path = resolve(disk)
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isFile()) {
    const what = stats === undefined ? 'there is no such file' : 'this is no file'
    problems.push({ where: 'input disk', text: `${path}: ${what}: name a disk file (qcow2, raw, …)` })
  } else if (!(await isReadable(path))) {
    problems.push({ where: 'input disk', text: `${path} cannot be read: give us the right to read it` })
  }
  return { kind: 'disk', path }
}

async function descriptionSource(
  path: string,
  inputs: Inputs,
  facts: InputFacts,
  problems: Problem[],
): Promise<DescriptionSource> {
  const architecture = buildArchitecture(inputs, facts)
  const description = await readDescription(await findDescription(path))
  const { profiles, type, format, repositories } = inputs
  const chosen = { profiles, architecture }
  const selected = selectType(description, {
    ...chosen,
    ...(type === undefined ? {} : { type }),
    ...(format === undefined ? {} : { format }),
  })
  const { packageManager } = selected
  const { containerConfig = {}, naming = {} } = selected
  for (const { key, text } of [...namingProblems(naming), ...configProblems(containerConfig)]) {
    const { file, line } = selected
    const place = typePlace({ file, line: selected.containerLines[key] ?? line })
    problems.push({ ...place, text: `<containerconfig> ${KIWI_WORDS.get(key) ?? key}: ${text}` })
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
    kiwiName: `${description.name}.${architecture}-${selected.version}`,
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

/** What KIWI builds for, by its own name (kiwi/defaults.py `get_platform_name`). */
function buildArchitecture({ kiwiGlobalArguments }: Inputs, { architecture }: InputFacts): string {
  const flag = '--target-arch'
  const at = kiwiGlobalArguments.findLastIndex((argument) => argument === flag || argument.startsWith(`${flag}=`))
  if (at === -1) return architecture
  const argument = kiwiGlobalArguments[at] ?? ''
  return argument === flag ? (kiwiGlobalArguments[at + 1] ?? architecture) : argument.slice(flag.length + 1)
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

export async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
