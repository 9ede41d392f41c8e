import type { Machine } from '../description/machine.ts'
import type { SelectedType } from '../description/select.ts'
import { DISK_FORMAT_NAMES } from '../disk/format.ts'
import { ANNOTATION_LEVELS, type LevelledAnnotation } from '../oci/annotations.ts'
import type { ConfigChanges } from '../oci/container/config.ts'
import type { ContainerName, ContainerNaming } from '../oci/container/containername.ts'
import { epochProblem } from '../oci/epoch.ts'
import { DISK_TYPES, KINDS } from '../oci/kind.ts'
import type { Compression } from '../oci/packing/compression.ts'
import type { Platform } from '../oci/platform.ts'
import { parseBase } from '../registry/base/basename.ts'
import { parseDestination, parseRegistry, parseRepository, parseTag } from '../registry/transport.ts'
import {
  isAbsolutePath,
  isAnyOf,
  isCount,
  isFlag,
  isListOf,
  isMade,
  isNull,
  isOneOf,
  isRecordOf,
  isText,
  isTextThat,
  optionally,
} from './handover.ts'
import type { DescriptionSource, DiskSource, Placeholder, Plan } from './plan.ts'

const isTexts = isListOf(isText)
const isRecordOfTexts = isRecordOf(isText)
const orNull = (shape: typeof isText) => optionally(isAnyOf(isNull, shape))
const isChanges = isAnyOf(isText, isNull)

const isPlatform = isMade<Platform>({ os: isText, architecture: isText, variant: optionally(isText) })

const isConfig = isMade<ConfigChanges>({
  entrypoint: orNull(isTexts),
  cmd: orNull(isTexts),
  env: orNull(isRecordOf(isChanges)),
  labels: orNull(isRecordOf(isChanges)),
  user: orNull(isText),
  workdir: orNull(isText),
  expose: orNull(isTexts),
  volumes: orNull(isTexts),
  stopsignal: orNull(isText),
  author: orNull(isText),
  history: orNull(
    isMade<NonNullable<ConfigChanges['history']>>({
      createdBy: orNull(isText),
      author: orNull(isText),
      comment: orNull(isText),
    }),
  ),
})

const isMachine = isMade<Machine>({
  memoryMegabytes: optionally(isCount),
  cpus: optionally(isCount),
  guestOS: optionally(isText),
  hardwareVersion: optionally(isText),
  diskController: optionally(isText),
  diskMode: optionally(isText),
  nics: isListOf(isRecordOfTexts),
  dvd: optionally(isRecordOfTexts),
  ovfType: optionally(isText),
  displayName: optionally(isText),
})

const isSelected = isMade<SelectedType>({
  image: isText,
  file: isAbsolutePath,
  line: isCount,
  reason: isText,
  profiles: isTexts,
  version: isText,
  packageManager: isText,
  format: optionally(isText),
  diskFormat: optionally(isOneOf(DISK_FORMAT_NAMES)),
  archive: optionally(isText),
  bundleFormat: optionally(isText),
  formatOptions: isTexts,
  vhdFixedTag: optionally(isText),
  gceLicense: optionally(isText),
  machine: optionally(isMachine),
  derivedFrom: optionally(isText),
  derivedFromLine: optionally(isCount),
  filesystem: optionally(isText),
  filesystems: isTexts,
  firmware: optionally(isText),
  bootloader: optionally(isText),
  volumeManager: optionally(isText),
  size: optionally(isMade<NonNullable<SelectedType['size']>>({ megabytes: isCount, additive: isFlag })),
  containerConfig: optionally(isConfig),
  naming: optionally(
    isMade<ContainerNaming>({ name: orNull(isText), tag: orNull(isText), additionalNames: orNull(isTexts) }),
  ),
  containerLines: isRecordOf(isCount),
  author: optionally(isText),
  replacesInitrd: isFlag,
  attributes: isRecordOfTexts,
})

const isPlaceholder = isMade<Placeholder>({
  index: isCount,
  where: isText,
  distribution: optionally(isText),
  components: optionally(isTexts),
  imageInclude: isFlag,
  repositoryGpgcheck: isFlag,
})

const isDescriptionSource = isMade<DescriptionSource>({
  kind: isOneOf(['description']),
  folder: isAbsolutePath,
  file: isAbsolutePath,
  name: isTextThat((text) => /^[\w.-]+$/.test(text)),
  version: isTextThat((text) => !/[/\0]/.test(text)),
  schemaVersion: isText,
  profiles: isTexts,
  type: optionally(isText),
  selected: isSelected,
  kiwiName: isTextThat((text) => !/[/\0]/.test(text)),
  diskName: optionally(isTextThat((text) => !/[/\0]/.test(text))),
  packageManager: isText,
  hasFstabPatch: isFlag,
  repositories: isTexts,
  placeholders: isListOf(isPlaceholder),
  kiwiVersion: isText,
  globalArguments: isTexts,
  buildArguments: isTexts,
})

const isAnnotation = isMade<LevelledAnnotation>({
  levels: isListOf(isOneOf(ANNOTATION_LEVELS)),
  platform: optionally(isPlatform),
  key: isText,
  value: isText,
})

const isTag = isTextThat((text) => {
  const parsed = parseTag(text)
  return !('problem' in parsed) && parsed.text === text
})

/** Names no problem: what the plan holds was parsed when it was made. */
const isBase = isTextThat((text) => {
  const parsed = parseBase(text)
  return parsed === 'scratch' || !('problem' in parsed)
})

/** The whole of a plan, as it was written by `planText`. */
export const isPlan = isMade<Plan & { readonly planVersion: number }>({
  planVersion: (value) => value === 1,
  source: isAnyOf(isMade<DiskSource>({ kind: isOneOf(['disk']), path: isAbsolutePath }), isDescriptionSource),
  kinds: (value) => Array.isArray(value) && value.length > 0 && value.every(isOneOf(KINDS)),
  diskTypes: isListOf(isOneOf(DISK_TYPES)),
  format: isOneOf(DISK_FORMAT_NAMES),
  formatSource: isText,
  diskPath: optionally(isAbsolutePath),
  base: isBase,
  baseSource: isText,
  basePacking: optionally(isOneOf(['gzip', 'zstd', 'xz', 'bzip2'])),
  platform: isPlatform,
  config: isConfig,
  labels: isRecordOfTexts,
  annotations: isListOf(isAnnotation),
  names: isListOf(isMade<ContainerName>({ repository: isText, tag: isText })),
  compression: isMade<Compression>({ algorithm: isOneOf(['gzip', 'zstd', 'none']), level: optionally(isCount) }),
  tags: isListOf(isTag),
  tagsSource: optionally(isText),
  push: isFlag,
  pushByDigest: optionally(isTextThat((text) => parseRepository(text) === text)),
  exports: isListOf(isTextThat((text) => !('problem' in parseDestination(text)))),
  exportsSource: optionally(isText),
  loginRegistry: optionally(isTextThat((text) => parseRegistry(text) === text)),
  tlsVerify: isFlag,
  cache: isFlag,
  fastBuild: isFlag,
  installTools: isFlag,
  workDirectory: optionally(isAbsolutePath),
  sourceDateEpoch: optionally((value) => typeof value === 'number' && epochProblem(value) === undefined),
  summary: isFlag,
})
