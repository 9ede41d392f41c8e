import { readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** The tool that installs packages on a machine. */
export type Installer = 'apt' | 'dnf' | 'zypper'

export interface Distribution {
  /** `ID` of os-release: `debian`, `ubuntu`, `fedora`, `opensuse-leap`. */
  readonly id: string
  readonly family: 'debian' | 'fedora' | 'suse'
  /** Whose package names apply: Ubuntu and what is made from it differ from Debian in a few. */
  readonly packages: PackageNames
  /** `VERSION_ID`; rolling distributions have none. */
  readonly versionId?: string
  /** The name that apt's suites carry, `bookworm` or `noble`; for what is made from Ubuntu, Ubuntu's. */
  readonly codename?: string
  readonly installer: Installer
}

export type PackageNames = 'debian' | 'ubuntu' | 'fedora' | 'suse'

const FAMILIES: readonly { readonly ids: readonly string[]; readonly packages: PackageNames }[] = [
  { ids: ['ubuntu'], packages: 'ubuntu' },
  { ids: ['debian'], packages: 'debian' },
  { ids: ['fedora', 'rhel', 'centos'], packages: 'fedora' },
  { ids: ['suse', 'opensuse', 'sles'], packages: 'suse' },
]

const INSTALLERS = { debian: 'apt', fedora: 'dnf', suse: 'zypper' } as const

/**
 * The distribution that an os-release text names by `ID`, else by `ID_LIKE`.
 *
 * @param osRelease the text of /etc/os-release; os-release(5) has the format
 * @returns undefined where neither is one whose package names we know
 */
export function distribution(osRelease: string): Distribution | undefined {
  const fields = osReleaseFields(osRelease)
  const id = fields.get('ID') ?? 'linux'
  const names = [id, ...(fields.get('ID_LIKE') ?? '').split(/\s+/)]
  // ID_LIKE goes from the closest to the farthest relative, so the first name that is known decides.
  const known = names.map((name) => FAMILIES.find((family) => family.ids.includes(name)))
  const packages = known.find((family) => family !== undefined)?.packages
  if (packages === undefined) return undefined
  const family = packages === 'ubuntu' ? 'debian' : packages
  const codename = fields.get('UBUNTU_CODENAME') || fields.get('VERSION_CODENAME')
  const versionId = fields.get('VERSION_ID')
  return {
    id,
    family,
    packages,
    installer: INSTALLERS[family],
    ...(versionId ? { versionId } : {}),
    ...(codename ? { codename } : {}),
  }
}

/**
 * Reads which distribution this machine runs.
 *
 * @param root where the machine's file tree starts
 * @returns undefined where there is no os-release file, or one that we do not know
 */
export async function readDistribution(root = '/'): Promise<Distribution | undefined> {
  for (const file of ['etc/os-release', 'usr/lib/os-release']) {
    const text = await readFile(join(root, file), 'utf8').catch(() => undefined)
    if (text !== undefined) return distribution(text)
  }
  return undefined
}

function osReleaseFields(text: string): ReadonlyMap<string, string> {
  const fields = new Map<string, string>()
  for (const line of text.split('\n')) {
    const [, key, value] = /^([A-Z][A-Z0-9_]*)=(.*)$/.exec(line.trim()) ?? []
    if (key !== undefined && value !== undefined) fields.set(key, unquoted(value))
  }
  return fields
}

function unquoted(value: string): string {
  const [, , inner] = /^(["'])(.*)\1$/.exec(value) ?? []
  return (inner ?? value).replace(/\\([\\"'$`])/g, '$1')
}
