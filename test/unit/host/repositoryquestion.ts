import { type AptSource, readAptSources } from '../../../src/host/apt-sources.ts'
import { givenRepositories } from '../../../src/host/given-repository.ts'
import { publicMirrors } from '../../../src/host/mirrors.ts'
import { type RepositoryQuestion, repositorySources } from '../../../src/host/repositories.ts'

export const DEBIAN_KEYRING = '/usr/share/keyrings/debian-archive-keyring.gpg'
export const UBUNTU_KEYRING = '/usr/share/keyrings/ubuntu-archive-keyring.gpg'

export const debian = () => readAptSources('test/fixtures/host/debian-12')
export const ubuntu = () => readAptSources('test/fixtures/host/ubuntu-24.04')

interface Change {
  readonly element?: RepositoryQuestion['element']
  readonly given?: readonly string[]
  readonly sources?: readonly AptSource[]
  readonly codename?: string
  readonly architecture?: string
  readonly trustedKeyrings?: readonly string[]
  readonly files?: readonly string[]
  readonly root?: string
  readonly signal?: AbortSignal
  readonly answers?: (uri: string, distribution: string, origin?: string) => boolean
}

export function ask(change: Change) {
  return repositorySources({
    element: change.element ?? { distribution: 'bookworm' },
    given: givenRepositories(change.given ?? []).given,
    machine: {
      sources: change.sources ?? [],
      architecture: change.architecture ?? 'x86_64',
      trustedKeyrings: change.trustedKeyrings ?? [],
      isFile: async (path) => (change.files ?? [DEBIAN_KEYRING, UBUNTU_KEYRING]).includes(path),
      ...(change.codename ? { codename: change.codename } : {}),
      ...(change.root ? { root: change.root } : {}),
    },
    mirrors: publicMirrors,
    ...(change.signal ? { signal: change.signal } : {}),
    probe: async (uri, distribution, origin) => change.answers?.(uri, distribution, origin) ?? true,
  })
}
