import { DISK_FORMAT_NAMES, type DiskFormat, isDiskFormat } from '../disk/format.ts'
import type { Problem } from '../errors.ts'
import { reservedArguments } from '../kiwi/arguments.ts'
import { PINNED_VERSION } from '../kiwi/version.ts'
import { type LevelledAnnotation, parseAnnotation } from '../oci/annotations.ts'
import type { ConfigChanges } from '../oci/container/config.ts'
import type { ContainerNaming } from '../oci/container/containername.ts'
import { type Compression, parseCompression } from '../oci/packing/compression.ts'
import { type Platform, parsePlatform } from '../oci/platform.ts'
import { diskPathProblem } from '../oci/tar/tar.ts'
import type { Login } from '../registry/login/credentials.ts'
import { parseDestination, parseRegistry, parseRepository, parseTag } from '../registry/transport.ts'
import { readContainerconfig } from './containerconfig.ts'
import { type KindInputs, kindInputs } from './kinds.ts'
import type { RawInputs } from './raw.ts'
import { type InputFacts, InputReader } from './reader.ts'

/** The inputs of one job: parsed, complete with defaults, each valid by itself. What they mean together is the plan's. */
export interface Inputs extends KindInputs {
  readonly description?: string
  readonly disk?: string
  readonly profiles: readonly string[]
  readonly type?: string
  readonly kiwiGlobalArguments: readonly string[]
  readonly kiwiArguments: readonly string[]
  readonly repositories: readonly string[]
  readonly format?: DiskFormat
  readonly diskPath?: string
  readonly baseImage?: string
  readonly containerconfig: ConfigChanges
  /** What `containerconfig` calls the container. */
  readonly naming: ContainerNaming
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: readonly LevelledAnnotation[]
  readonly platform: Platform
  readonly compression: Compression
  readonly tags: readonly string[]
  readonly push: boolean
  readonly pushByDigest: boolean
  /** `registry/repository`, in full. */
  readonly repository?: string
  /** Left out for what the description's `format` says; empty for none. */
  readonly exports?: readonly string[]
  /** What the login is for, and where names without a registry go. */
  readonly registry?: string
  /** Never part of a plan, and never written to a file by us but the job's own one. */
  readonly login?: Omit<Login, 'registry'>
  readonly authfile?: string
  readonly tlsVerify: boolean
  readonly cache: boolean
  readonly fastBuild: boolean
  readonly installTools: boolean
  readonly kiwiVersion: string
  readonly workDirectory?: string
  readonly sourceDateEpoch?: number
  readonly summary: boolean
}

/** @returns the inputs and every problem found in them; where there are problems, the inputs stand in for bad values. */
export function readInputs(raw: RawInputs, facts: InputFacts): { inputs: Inputs; problems: readonly Problem[] } {
  const reader = new InputReader(raw, facts)
  return {
    inputs: { ...sourceInputs(reader), ...imageInputs(reader), ...jobInputs(reader) },
    problems: reader.problems,
  }
}

function sourceInputs(reader: InputReader) {
  const kiwiVersion = reader.text('kiwi-version') ?? PINNED_VERSION
  if (kiwiVersion !== 'system' && !/^\d+\.\d+\.\d+$/.test(kiwiVersion)) {
    reader.refuse('kiwi-version', `'${kiwiVersion}' is no version: write one like ${PINNED_VERSION}, or system`)
  }
  const kiwiGlobalArguments = reader.list('kiwi-global-arguments')
  const kiwiArguments = reader.list('kiwi-arguments')
  for (const text of reservedArguments(kiwiGlobalArguments)) reader.refuse('kiwi-global-arguments', text)
  for (const text of reservedArguments(kiwiArguments)) reader.refuse('kiwi-arguments', text)
  return {
    ...reader.optional('description', 'description'),
    ...reader.optional('disk', 'disk'),
    ...reader.optional('type', 'type'),
    profiles: reader.list('profiles'),
    repositories: reader.list('repositories'),
    kiwiGlobalArguments,
    kiwiArguments,
    kiwiVersion,
  }
}

function imageInputs(reader: InputReader) {
  return {
    ...kindInputs(reader),
    ...optionalFormat(reader),
    ...optionalDiskPath(reader),
    ...reader.optional('baseImage', 'base-image'),
    ...containerconfig(reader),
    labels: reader.pairs('labels'),
    annotations: annotationList(reader),
    platform: platform(reader),
    compression: compression(reader),
  }
}

function jobInputs(reader: InputReader) {
  return {
    tags: tagList(reader),
    push: reader.boolean('push', false),
    pushByDigest: reader.boolean('push-by-digest', false),
    ...optionalRepository(reader),
    ...optionalExports(reader),
    ...optionalRegistry(reader),
    ...optionalLogin(reader),
    ...reader.optional('authfile', 'authfile'),
    tlsVerify: reader.boolean('tls-verify', true),
    cache: reader.boolean('cache', true),
    fastBuild: reader.boolean('fast-build', true),
    installTools: reader.boolean('install-tools', reader.facts.installTools),
    ...reader.optional('workDirectory', 'work-dir'),
    ...optionalEpoch(reader),
    summary: reader.boolean('summary', true),
  }
}

function optionalFormat(reader: InputReader): { format?: DiskFormat } {
  const format = reader.text('format')
  if (format === undefined) return {}
  if (isDiskFormat(format)) return { format }
  const own = /^(?:oci|docker):([^:]*)/.exec(format)?.[1]
  const known = `${DISK_FORMAT_NAMES.slice(0, -1).join(', ')} or ${DISK_FORMAT_NAMES.at(-1)}`
  const advice = own !== undefined && isDiskFormat(own) ? `write ${own}, and where it goes as export` : `write ${known}`
  reader.refuse('format', `'${format}' is no disk format that we write: ${advice}`)
  return {}
}

function optionalDiskPath(reader: InputReader): { diskPath?: string } {
  const path = reader.text('disk-path')
  if (path === undefined) return {}
  if (!path.startsWith('/')) reader.refuse('disk-path', `'${path}' is not absolute: write /${path}`)
  else if (path.split('/').includes('..')) {
    reader.refuse('disk-path', `'${path}' climbs out of its folder: write it without ..`)
  } else {
    const problem = diskPathProblem(path)
    if (problem === undefined) return { diskPath: path }
    reader.refuse('disk-path', problem)
  }
  return {}
}

function containerconfig(reader: InputReader): { containerconfig: ConfigChanges; naming: ContainerNaming } {
  // As it was written: indentation has a meaning at the first line too.
  const { changes, naming, problems } = readContainerconfig(reader.secret('containerconfig') ?? '')
  for (const problem of problems) reader.refuse('containerconfig', problem)
  return { containerconfig: changes, naming }
}

/** The input `annotations`, each with its levels. */
export function annotationList(reader: InputReader): readonly LevelledAnnotation[] {
  return reader.list('annotations').flatMap((text) => {
    const parsed = parseAnnotation(text)
    if (typeof parsed !== 'string') return parsed
    reader.refuse('annotations', parsed)
    return []
  })
}

function platform(reader: InputReader): Platform {
  const text = reader.text('platform')
  if (text === undefined) return reader.facts.machine
  const parsed = parsePlatform(text)
  if (parsed) return parsed
  reader.refuse('platform', `'${text}' is no platform: write os/arch[/variant], like linux/amd64 or linux/arm64`)
  return reader.facts.machine
}

function compression(reader: InputReader): Compression {
  const parsed = parseCompression(reader.text('compression') ?? 'gzip')
  if (typeof parsed !== 'string') return parsed
  reader.refuse('compression', parsed)
  return { algorithm: 'gzip' }
}

/** The input `tags`: full references, each once. */
export function tagList(reader: InputReader): readonly string[] {
  const texts: string[] = []
  for (const text of reader.list('tags')) {
    const parsed = parseTag(text)
    if ('problem' in parsed) reader.refuse('tags', parsed.problem)
    else if (!texts.includes(parsed.text)) texts.push(parsed.text)
  }
  return texts
}

function optionalRepository(reader: InputReader): { repository?: string } {
  const text = reader.text('repository')
  if (text === undefined) return {}
  const parsed = parseRepository(text)
  if (typeof parsed === 'string') return { repository: parsed }
  reader.refuse('repository', parsed.problem)
  return {}
}

/** The word `none` turns the description's default off. */
function optionalExports(reader: InputReader): { exports?: readonly string[] } {
  const exports = reader.list('export')
  if (exports.length === 0) return {}
  if (exports.every((text) => text === 'none')) return { exports: [] }
  for (const text of exports) {
    const parsed = parseDestination(text)
    if (text === 'none') reader.refuse('export', 'none stands beside others: write none alone, or leave it out')
    else if ('problem' in parsed) reader.refuse('export', parsed.problem)
  }
  return { exports }
}

export function optionalLogin(reader: InputReader): { login?: Omit<Login, 'registry'> } {
  const username = reader.text('username')
  const password = reader.secret('password')
  if (username === undefined && password === undefined) return {}
  if (username === undefined) reader.refuse('username', 'missing while a password is given: a login needs both')
  if (password === undefined) reader.refuse('password', 'missing while a username is given: a login needs both')
  return username === undefined || password === undefined ? {} : { login: { username, password } }
}

export function optionalRegistry(reader: InputReader): { registry?: string } {
  const text = reader.text('registry')
  if (text === undefined) return {}
  const parsed = parseRegistry(text)
  if (typeof parsed === 'string') return { registry: parsed }
  reader.refuse('registry', parsed.problem)
  return {}
}

function optionalEpoch(reader: InputReader): { sourceDateEpoch?: number } {
  const given = reader.text('source-date-epoch')
  const text = given ?? reader.facts.sourceDateEpoch
  if (text === undefined || text === '') return {}
  // 253402300799 is the last second that RFC 3339 can write (year 9999).
  if (/^\d{1,12}$/.test(text) && Number(text) <= 253_402_300_799) return { sourceDateEpoch: Number(text) }
  const where = given === undefined ? 'the variable SOURCE_DATE_EPOCH is ' : ''
  reader.refuse('source-date-epoch', `${where}'${text}': write whole seconds since 1970, like 1700000000`)
  return {}
}
