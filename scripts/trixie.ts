import { join } from 'node:path'
import { readAptSources } from '../src/host/apt-sources.ts'
import { hasDistribution } from '../src/host/mirror-probe.ts'
import { familyOf, publicMirrors } from '../src/host/mirrors.ts'
import { run } from './run.ts'

const CODENAME = 'trixie'

/** What of Debian 13 consumes images in the tests: older distributions have no podman 5, and none has them all. */
const PACKAGES: readonly string[] = [
  ...['podman', 'runc', 'gvproxy', 'openssh-client'], // podman machine init wants the last two
  ...['skopeo', 'oras', 'qemu-utils'],
  ...['base-files', 'bash', 'coreutils'],
]

/**
 * Packs the files of Debian 13's packages into `folder`/root.tar, from this machine's own mirror where that has them, else
 * from the public one. The packages are unpacked only, none is set up: 12 s instead of a minute, and enough for
 * programs that need no service.
 *
 * @throws Error when no mirror answers or mmdebstrap fails
 */
export async function installTrixie(folder: string): Promise<void> {
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  const flags = ['--quiet', '--mode=root', '--variant=extract', '--format=tar', `--include=${PACKAGES.join(',')}`]
  const words = [...sudo, 'mmdebstrap', ...flags, CODENAME, join(folder, 'root.tar'), await mirror()]
  run(words[0] as string, words.slice(1))
}

async function mirror(): Promise<string> {
  const family = familyOf(publicMirrors, CODENAME)
  const own = (await readAptSources()).map((source) => source.uri)
  for (const uri of new Set([...own, ...(family?.archives ?? []).map((archive) => archive.uri)])) {
    if (await hasDistribution(uri, CODENAME, family ? { origin: family.origin } : {})) return uri
  }
  throw new Error(`no mirror answers for Debian's ${CODENAME}`)
}
