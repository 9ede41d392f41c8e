import { basename } from 'node:path'
import { DescriptionError, InputError, type Problem } from '../errors.ts'
import { bundleName, bundleProblem } from './bundle.ts'
import type { Description } from './description.ts'
import { formatReading } from './format.ts'
import { optional } from './optional.ts'
import { descriptionProblem } from './place.ts'
import { activeProfiles, isActive } from './profiles.ts'
import { imageOf, isDiskType, type SelectedType, selectedType } from './type.ts'
import { attributeValue, isTrue, type XmlElement } from './xml.ts'

export type { SelectedType } from './type.ts'

export interface BuildChoice {
  /** The input `profiles`. */
  readonly profiles: readonly string[]
  /** The input `type`. */
  readonly type?: string
  /** The input `format`: with it a format of KIWI's that we do not write is no obstacle. */
  readonly format?: string
  /** `uname -m` of the machine that KIWI runs on. */
  readonly architecture: string
}

/** KIWI's, where a description names none (kiwi/defaults.py `get_default_package_manager`). */
const DEFAULT_PACKAGE_MANAGER = 'dnf4'

const VERSION_LENGTH = 128
const VERSION = new RegExp(`^[A-Za-z0-9._+~-]{1,${VERSION_LENGTH}}$`)

/** Names that older schemas had (kiwi/xsl/convert75to76.xsl, and convert73to74.xsl of KIWI 9). */
const RENAMED_PACKAGE_MANAGERS: ReadonlyMap<string, string> = new Map([
  ['dnf', 'dnf4'],
  ['yum', 'dnf4'],
  ['apt-get', 'apt'],
])

/**
 * The `<type>` that KIWI builds: with the input `type` the first of that name, else the primary one, else the first
 * (kiwi/xml_state.py `_build_type_section`), of the preferences that apply to profiles and machine.
 *
 * @throws InputError and DescriptionError with all problems: a profile or type that is not there, a type that yields no
 *   disk, a format that is not known or that we do not write. InputError where one of them is an input's.
 */
export function selectType(description: Description, choice: BuildChoice): SelectedType {
  const profiles = activeProfiles(description, choice.profiles, choice.architecture)
  throwProblems(profiles.problems)
  const preferences = description.preferences.filter((section) =>
    isActive(section, profiles.names, choice.architecture),
  )
  const types = preferences.flatMap((section) => section.types)
  const { type, reason } = pickedType(description, types, choice)
  throwProblems(typeProblems(type, types, choice))
  const version = preferences.find((section) => section.version !== undefined)?.version
  throwProblems(versionProblems(version))
  const packageManager = preferences.find((section) => section.packageManager !== undefined)?.packageManager
  const selected = selectedType(type, {
    reason,
    profiles: profiles.names,
    version: version?.text.trim() ?? '',
    packageManager: RENAMED_PACKAGE_MANAGERS.get(packageManager ?? '') ?? packageManager ?? DEFAULT_PACKAGE_MANAGER,
    ...optional('author', description.author),
    ...optional('displayName', description.displayName),
  })
  throwProblems(bundleProblems(type, bundleName(selected, description.name, choice.architecture)))
  return selected
}

/**
 * KIWI takes any text (kiwi/schema/kiwi.rnc `k.version`), makes names of files of it, and so do we, and of layouts that
 * skopeo writes, where a colon ends the name.
 */
function versionProblems(version: XmlElement | undefined): readonly Problem[] {
  const text = version?.text.trim() ?? ''
  if (version === undefined || VERSION.test(text)) return []
  const problem = `the version ${JSON.stringify(text)} becomes part of file names: write at most ${VERSION_LENGTH} letters, digits and . _ + ~ -`
  return [descriptionProblem(version.file, version.line, problem)]
}

function bundleProblems(type: XmlElement, diskName: string | undefined): readonly Problem[] {
  const attribute = type.attributes.find(({ name }) => name === 'bundle_format')
  const problem = diskName === undefined ? undefined : bundleProblem(diskName)
  if (attribute === undefined || problem === undefined) return []
  return [descriptionProblem(type.file, attribute.line, `bundle_format="${attribute.value}": ${problem}`)]
}

function pickedType(
  description: Description,
  types: readonly XmlElement[],
  choice: BuildChoice,
): { readonly type: XmlElement; readonly reason: string } {
  const [first] = types
  if (first === undefined) return throwProblem(noTypeProblem(description, choice))
  if (choice.type !== undefined) {
    const matching = types.filter((type) => [imageOf(type), attributeValue(type, 'image')].includes(choice.type))
    const [type] = matching
    if (type === undefined) return throwProblem(unknownTypeProblem(types, choice))
    const rank = matching.length === 1 ? 'the one' : `the first of ${matching.length}`
    return { type, reason: `${imageOf(type)}, ${rank} of ${choice.type} as asked for` }
  }
  const primary = types.find((type) => isTrue(type, 'primary'))
  const type = primary ?? first
  const rank = primary === undefined ? 'the first' : 'the primary one'
  const reason = types.length === 1 ? 'the only type' : `${rank} of ${types.length} types`
  return { type, reason: `${imageOf(type)}, ${reason}` }
}

function typeProblems(type: XmlElement, types: readonly XmlElement[], choice: BuildChoice): readonly Problem[] {
  const image = attributeValue(type, 'image') ?? ''
  if (!isDiskType(type)) {
    const disk = types.find(isDiskType)
    const advice = disk === undefined ? 'write image="oem"' : `set the input type to ${imageOf(disk)}`
    const text = `the type image="${image}" yields no disk: ${advice}`
    const byInput = choice.type !== undefined && disk !== undefined
    return [byInput ? { where: 'input type', text } : descriptionProblem(type.file, type.line, text)]
  }
  const format = type.attributes.find((attribute) => attribute.name === 'format')
  if (format === undefined) return []
  const reading = formatReading(format.value)
  if (reading.kind === 'written' || (reading.kind === 'foreign' && choice.format !== undefined)) return []
  return [descriptionProblem(type.file, format.line, reading.problem)]
}

function noTypeProblem(description: Description, choice: BuildChoice): Problem {
  const elsewhere = description.preferences.filter((section) => section.types.length > 0)
  const names = [...new Set(elsewhere.flatMap((section) => section.profiles))]
  if (names.length > 0) {
    const text = `${basename(description.file)} has types for profiles only: set one of ${names.join(', ')}`
    return { where: 'input profiles', text }
  }
  const root = description.documents[0]?.root
  const forMachine = elsewhere.length > 0 ? ` for ${choice.architecture}` : ''
  const text = `there is no <type>${forMachine}: write <type image="oem" …> in <preferences>`
  return descriptionProblem(description.file, root?.line ?? 1, text)
}

function unknownTypeProblem(types: readonly XmlElement[], choice: BuildChoice): Problem {
  const images = [...new Set(types.filter(isDiskType).map(imageOf))]
  const advice = images.length === 0 ? 'write a <type image="oem" …>' : `write ${images.join(' or ')}`
  const text = `the description has no type ${choice.type}: ${advice}`
  return { where: 'input type', text }
}

function throwProblem(problem: Problem): never {
  throw problem.file === undefined ? new InputError([problem]) : new DescriptionError([problem])
}

function throwProblems(problems: readonly Problem[]): void {
  if (problems.length === 0) return
  const inDescription = problems.every((problem) => problem.file !== undefined)
  throw inDescription ? new DescriptionError(problems) : new InputError(problems)
}
