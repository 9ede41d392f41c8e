import { readFile } from 'node:fs/promises'
import { HostError } from '../errors.ts'
import { isJsonObject } from '../json.ts'
import type { Packages } from './tool.ts'

/** The keyring that signs a distribution's archives, and the package that brings it. */
export interface Keyring {
  /** Absolute path; the same wherever the package exists. */
  readonly path: string
  readonly packages: Packages
}

/** One public archive of a family. */
export interface Archive {
  readonly uri: string
  /** `{codename}` stands for the distribution. */
  readonly suites: readonly string[]
  readonly components: readonly string[]
  /** KIWI's architecture names it serves; every one where left out. The first archive that fits is taken. */
  readonly architectures?: readonly string[]
}

/** A distribution family with public mirrors. */
export interface MirrorFamily {
  readonly name: string
  /** `Origin` in its Release files. */
  readonly origin: string
  readonly codenames: readonly string[]
  /** Codenames without update and security suites: Debian's sid. */
  readonly rolling: readonly string[]
  readonly keyring: Keyring
  readonly archives: readonly Archive[]
}

export type Mirrors = readonly MirrorFamily[]

const X86 = ['x86_64', 'i586', 'i686', 'ix86']
const DEBIAN_COMPONENTS = ['main']
const UBUNTU_COMPONENTS = ['main', 'universe']

/** The public mirrors that stand in where this machine's own do not have the distribution asked for. */
export const publicMirrors: Mirrors = [
  {
    name: 'debian',
    origin: 'Debian',
    codenames: ['bullseye', 'bookworm', 'trixie', 'forky', 'duke', 'oldoldstable', 'oldstable', 'stable', 'testing'],
    rolling: ['sid', 'unstable'],
    keyring: {
      path: '/usr/share/keyrings/debian-archive-keyring.gpg',
      packages: { debian: 'debian-archive-keyring', ubuntu: 'debian-archive-keyring', fedora: 'debian-keyring' },
    },
    archives: [
      {
        uri: 'http://ftp.debian.org/debian',
        suites: ['{codename}', '{codename}-updates'],
        components: DEBIAN_COMPONENTS,
      },
      {
        uri: 'http://security.debian.org/debian-security',
        suites: ['{codename}-security'],
        components: DEBIAN_COMPONENTS,
      },
    ],
  },
  {
    name: 'ubuntu',
    origin: 'Ubuntu',
    codenames: ['focal', 'jammy', 'noble', 'plucky', 'questing', 'resolute'],
    rolling: [],
    keyring: {
      path: '/usr/share/keyrings/ubuntu-archive-keyring.gpg',
      packages: { debian: 'ubuntu-keyring', ubuntu: 'ubuntu-keyring', fedora: 'ubu-keyring' },
    },
    archives: [
      {
        uri: 'http://archive.ubuntu.com/ubuntu',
        suites: ['{codename}', '{codename}-updates'],
        components: UBUNTU_COMPONENTS,
        architectures: X86,
      },
      {
        uri: 'http://security.ubuntu.com/ubuntu',
        suites: ['{codename}-security'],
        components: UBUNTU_COMPONENTS,
        architectures: X86,
      },
      {
        uri: 'http://ports.ubuntu.com/ubuntu-ports',
        suites: ['{codename}', '{codename}-updates', '{codename}-security'],
        components: UBUNTU_COMPONENTS,
      },
    ],
  },
]

/** The family that a codename belongs to. */
export function familyOf(mirrors: Mirrors, codename: string): MirrorFamily | undefined {
  return mirrors.find((family) => [...family.codenames, ...family.rolling].includes(codename))
}

export interface MirrorSuite {
  readonly uri: string
  readonly suite: string
  readonly components: readonly string[]
}

/** What the public mirrors offer of a distribution: each suite once, from the first archive that has the architecture. */
export function publicSuites(family: MirrorFamily, codename: string, architecture: string): readonly MirrorSuite[] {
  const suites = new Map<string, MirrorSuite>()
  for (const archive of family.archives) {
    if (archive.architectures && !archive.architectures.includes(architecture)) continue
    for (const pattern of archive.suites) {
      const suite = pattern.replaceAll('{codename}', codename)
      if (family.rolling.includes(codename) && suite !== codename) continue
      if (!suites.has(suite)) suites.set(suite, { uri: archive.uri, suite, components: archive.components })
    }
  }
  return [...suites.values()]
}

/**
 * Reads a table that takes the place of `publicMirrors`, of the same shape, as JSON.
 *
 * @throws HostError where the file cannot be read or is no such table
 */
export async function readMirrors(path: string): Promise<Mirrors> {
  const remedy = 'it must be a JSON list of families like that of src/host/mirrors.ts'
  try {
    const value: unknown = JSON.parse(await readFile(path, 'utf8'))
    if (Array.isArray(value) && value.every(isFamily)) return value
  } catch (error) {
    throw new HostError(
      'host-mirror-table',
      `the mirror table ${path} cannot be read (${error instanceof Error ? error.message : error})`,
      remedy,
    )
  }
  throw new HostError('host-mirror-table', `the mirror table ${path} has another shape`, remedy)
}

function isFamily(value: unknown): value is MirrorFamily {
  if (!isJsonObject(value) || typeof value['name'] !== 'string' || typeof value['origin'] !== 'string') return false
  const { keyring, archives } = value
  if (!isTexts(value['codenames']) || !isTexts(value['rolling'])) return false
  if (!isJsonObject(keyring) || typeof keyring['path'] !== 'string' || !isJsonObject(keyring['packages'])) return false
  return Array.isArray(archives) && archives.every(isArchive)
}

function isArchive(value: unknown): value is Archive {
  if (!isJsonObject(value) || typeof value['uri'] !== 'string') return false
  if (value['architectures'] !== undefined && !isTexts(value['architectures'])) return false
  return isTexts(value['suites']) && isTexts(value['components'])
}

function isTexts(value: unknown): value is readonly string[] {
  return Array.isArray(value) && value.every((text) => typeof text === 'string')
}
