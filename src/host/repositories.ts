import { HostError, InputError } from '../errors.ts'
import { shownUri } from './address.ts'
import type { AptSource } from './apt-sources.ts'
import { debianArchitecture } from './debian-architecture.ts'
import type { GivenRepository } from './given-repository.ts'
import { resolvedUris } from './mirror-list.ts'
import { familyOf, type MirrorFamily, type Mirrors, publicSuites } from './mirrors.ts'

/** One `<repository>` that takes the place of `obsrepositories:/`. */
export interface MachineRepository {
  readonly uri: string
  /** `distribution` of the element; none for a flat repository, or one of rpm. */
  readonly distribution?: string
  readonly components?: readonly string[]
  /** Files to write as `<signing key="file://…">`; absolute paths. */
  readonly keyrings: readonly string[]
  /** A key that stands in the machine's sources themselves: the caller writes it to a file and names that. */
  readonly keyringText?: string
  /** `imageonly="true"`: for the finished image, not used to build it. */
  readonly imageOnly?: boolean
  /** `imageinclude="true"`: used to build and left in the finished image. */
  readonly imageInclude?: boolean
}

export interface RepositorySources {
  /** In the order to write them: the main suite last, since KIWI bootstraps from the last repository's. */
  readonly sources: readonly MachineRepository[]
  /** What the log should say about the choice. */
  readonly notes: readonly string[]
}

/** Attributes of the `<repository>` whose source is `obsrepositories:/`. */
export interface RepositoryElement {
  readonly distribution?: string
  readonly components?: readonly string[]
  readonly imageInclude?: boolean
  readonly repositoryGpgcheck?: boolean
  /** Where it stands, for messages: `config.xml:31`. */
  readonly where?: string
}

/** What is known of this machine. */
export interface RepositoryMachine {
  readonly sources: readonly AptSource[]
  /** `Distribution.codename`, which an element without `distribution` means. */
  readonly codename?: string
  /** KIWI's name of the architecture to build for. */
  readonly architecture: string
  /** `readTrustedKeyrings()`: what apt checks sources without Signed-By with. */
  readonly trustedKeyrings: readonly string[]
  readonly isFile: (path: string) => Promise<boolean>
  /** Where its file tree starts, for mirror lists. */
  readonly root?: string
}

export interface RepositoryQuestion {
  readonly element: RepositoryElement
  readonly given: readonly GivenRepository[]
  readonly machine: RepositoryMachine
  readonly mirrors: Mirrors
  /** `hasDistribution`; `origin` is what the field of that name in its Release file must say. */
  readonly probe: (uri: string, distribution: string, origin?: string) => Promise<boolean>
  /** Ends the download of a mirror list. */
  readonly signal?: AbortSignal
}

/**
 * What `obsrepositories:/`, "the repositories of whoever builds this" (KIWI's system/uri.py), stands for on this machine:
 * the lines of the input exactly as they are, else this machine's own sources of the distribution with their updates
 * and security suites, else a public mirror.
 *
 * Keyrings of the machine's sources: what Signed-By says; without it the keyring of the distribution family where that
 * exists, else everything in /etc/apt/trusted.gpg.d. None for sources with `trusted=yes`, which are therefore passed
 * over where the description asks for `repository_gpgcheck`.
 *
 * @throws InputError where the input `repositories` is needed: no distribution is named and the machine has none, or
 *   no public mirror is known
 * @throws HostError where the public mirror does not answer either
 */
export async function repositorySources(question: RepositoryQuestion): Promise<RepositorySources> {
  const { element, given, machine, mirrors } = question
  if (given.length > 0) return givenSources(question)
  const distribution = element.distribution ?? machine.codename
  if (distribution === undefined) {
    throw setRepositories(element, 'names no distribution and this machine runs no Debian or Ubuntu')
  }
  const family = familyOf(mirrors, distribution)
  const own = await machineSources(question, distribution, family)
  if (own.sources.length === 0) {
    const sources = await publicSources(question, distribution, family)
    return { sources: sources.map((source) => including(source, element)), notes: own.notes }
  }
  if (!element.imageInclude) return own
  const open = own.sources.map((source) => isPublic(source, family))
  if (open.every((yes) => yes)) return { ...own, sources: own.sources.map((source) => including(source, element)) }
  if (family === undefined) {
    throw setRepositories(element, `puts the mirror of ${distribution} into the image, and no public one is known`)
  }
  const inImage = familySources(question, distribution, family).map((source) => ({ ...source, imageOnly: true }))
  return { ...own, sources: [...inImage, ...own.sources] }
}

async function givenSources({ given, element, machine, mirrors }: RepositoryQuestion): Promise<RepositorySources> {
  const sources = given.map(async (line): Promise<MachineRepository> => {
    const own = machine.sources.find((source) => sameUri(source.uri, line.uri) && !source.trusted)
    // The updates and security suites are signed with the keys of their distribution.
    const codename = line.distribution?.replace(/-(updates|security|backports|proposed|proposed-updates)$/, '')
    const family = codename === undefined ? undefined : familyOf(mirrors, codename)
    const keys = own?.signedBy || !family ? await keysOf(own, family, machine) : { keyrings: [family.keyring.path] }
    return including({ ...line, ...keys }, element)
  })
  return { sources: await Promise.all(sources), notes: [] }
}

async function machineSources(
  question: RepositoryQuestion,
  distribution: string,
  family: MirrorFamily | undefined,
): Promise<RepositorySources> {
  const { element, machine } = question
  const architecture = debianArchitecture(machine.architecture)
  const wanted = [`${distribution}-security`, `${distribution}-updates`, distribution]
  const fitting = machine.sources.filter(
    (source) => wanted.includes(source.suite) && (source.architectures?.includes(architecture) ?? true),
  )
  const notes: string[] = []
  const usable = fitting.filter((source) => !(source.trusted && element.repositoryGpgcheck))
  for (const source of fitting.filter((one) => !usable.includes(one))) {
    notes.push(
      `${shownUri(source.uri)} ${source.suite} is passed over: it has trusted=yes, and repository_gpgcheck asks for signatures`,
    )
  }
  const found: MachineRepository[] = []
  for (const suite of wanted) {
    for (const source of merged(usable.filter((one) => one.suite === suite))) {
      const uri = await reachable(source, question, family)
      if (uri === undefined) {
        notes.push(
          `${shownUri(source.uri)} is passed over: it has no ${suite} of ${family?.origin ?? distribution}, or does not answer`,
        )
        continue
      }
      const components = element.components ?? source.components
      found.push({ uri, distribution: suite, components, ...(await keysOf(source, family, machine)) })
    }
  }
  // Updates without the suite they update are of no use.
  return { sources: found.some((source) => source.distribution === distribution) ? found : [], notes }
}

/** The address to use of a source. A PPA or a vendor's repository of the same suite is not of the distribution. */
async function reachable(
  source: AptSource,
  { machine, probe, signal }: RepositoryQuestion,
  family: MirrorFamily | undefined,
): Promise<string | undefined> {
  const architecture = debianArchitecture(machine.architecture)
  const uris = await resolvedUris(source.uri, {
    architecture,
    ...(machine.root ? { root: machine.root } : {}),
    ...(signal ? { signal } : {}),
  })
  for (const uri of uris.map((one) => one.replace(/^copy:/, 'file:'))) {
    if (/^(https?|file):/i.test(uri) && (await probe(uri, source.suite, family?.origin))) return uri
  }
  return undefined
}

async function publicSources(
  question: RepositoryQuestion,
  distribution: string,
  family: MirrorFamily | undefined,
): Promise<readonly MachineRepository[]> {
  const { element, probe } = question
  if (family === undefined) {
    throw setRepositories(
      element,
      `asks for ${distribution}, which neither this machine's sources nor a known mirror has`,
    )
  }
  const sources = familySources(question, distribution, family)
  const main = sources.at(-1)
  if (main === undefined || !(await probe(main.uri, distribution))) {
    throw new HostError(
      'host-mirror',
      `neither this machine's sources nor the public mirror ${main ? shownUri(main.uri) : family.name} answer for ${distribution}`,
      'check the network, or set `repositories` to a mirror that this machine reaches',
    )
  }
  return sources
}

function familySources(
  { element, machine }: RepositoryQuestion,
  distribution: string,
  family: MirrorFamily,
): readonly MachineRepository[] {
  const sources = publicSuites(family, distribution, machine.architecture).map((suite) => ({
    uri: suite.uri,
    distribution: suite.suite,
    components: element.components ?? suite.components,
    keyrings: [family.keyring.path],
  }))
  const isMain = (source: MachineRepository) => source.distribution === distribution
  return [...sources.filter((source) => !isMain(source)), ...sources.filter(isMain)]
}

/** Stanzas and lines of one address and suite are one repository with the components of all. */
function merged(sources: readonly AptSource[]): readonly AptSource[] {
  const byUri = new Map<string, AptSource>()
  for (const source of sources) {
    const key = source.uri.replace(/\/+$/, '')
    const before = byUri.get(key)
    const components = [...new Set([...(before?.components ?? []), ...source.components])]
    byUri.set(key, { ...(before ?? source), components })
  }
  return [...byUri.values()]
}

async function keysOf(
  source: AptSource | undefined,
  family: MirrorFamily | undefined,
  machine: RepositoryMachine,
): Promise<Pick<MachineRepository, 'keyrings' | 'keyringText'>> {
  if (source === undefined || source.trusted) return { keyrings: [] }
  if (source.signedBy?.kind === 'files') return { keyrings: source.signedBy.paths }
  if (source.signedBy?.kind === 'text') return { keyrings: [], keyringText: source.signedBy.text }
  if (family && (await machine.isFile(family.keyring.path))) return { keyrings: [family.keyring.path] }
  return { keyrings: machine.trustedKeyrings }
}

function including(source: MachineRepository, element: RepositoryElement): MachineRepository {
  return element.imageInclude ? { ...source, imageInclude: true } : source
}

function isPublic(source: MachineRepository, family: MirrorFamily | undefined): boolean {
  return family?.archives.some((archive) => sameUri(archive.uri, source.uri)) ?? false
}

function sameUri(left: string, right: string): boolean {
  const plain = (uri: string) => uri.replace(/^https?:/i, '').replace(/\/+$/, '')
  return plain(left) === plain(right)
}

function setRepositories(element: RepositoryElement, why: string): InputError {
  const where = element.where ? ` of ${element.where}` : ''
  const text = `obsrepositories:/${where} ${why}: set repositories to URI [DISTRIBUTION [COMPONENTS…]] lines`
  return new InputError([{ where: 'input repositories', text }])
}
