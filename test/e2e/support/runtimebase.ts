import { stat } from 'node:fs/promises'
import { join } from 'node:path'
import { readAptSources, readTrustedKeyrings } from '../../../src/host/apt-sources.ts'
import { hasDistribution } from '../../../src/host/mirror-probe.ts'
import { publicMirrors } from '../../../src/host/mirrors.ts'
import { repositorySources } from '../../../src/host/repositories.ts'
import { PINNED_VERSION } from '../../../src/kiwi/version.ts'
import { runAsRoot } from '../../support/root.ts'
import { repositoryRoot, tool } from '../../support/tools.ts'
import { readmeCommand } from './readme.ts'

const README = 'examples/runtime/README.md'

/**
 * Builds examples/runtime with KIWI as its README says, but from the mirrors of this machine.
 *
 * @param folder where everything goes that KIWI writes
 * @returns path of the archive
 */
export async function buildRuntimeBase(folder: string): Promise<string> {
  const words = await readmeCommand(README, 'sudo pipx run')
  const [spec, program, ...args] = words.slice(words.indexOf('--spec') + 1)
  if (spec !== `kiwi==${PINNED_VERSION}` || program !== 'kiwi-ng') throw new Error(`${README} names ${spec} ${program}`)
  const target = join(folder, 'target')
  const given = args.map((word, index) => (args[index - 1] === '--target-dir' ? target : word))
  const places = [`--shared-cache-dir=${folder}/cache`, `--temp-dir=${folder}`, `--logfile=${folder}/kiwi.log`]
  const repositories = ['--ignore-repos', ...(await machineRepositories()).map((text) => `--add-repo=${text}`)]
  const line = [tool('kiwi-ng'), ...places, ...given, ...repositories]
  await runAsRoot('env', `--chdir=${repositoryRoot}`, ...line).catch(async (error) => {
    throw new Error(`${error.message}\n${await runAsRoot('tail', '-n', '40', join(folder, 'kiwi.log'))}`)
  })
  return join(target, 'qemu-runtime.x86_64-1.0.0.oci.tar.xz')
}

/** The machine's own sources of Debian 12, or public ones, as KIWI's `--add-repo` takes them. */
async function machineRepositories(): Promise<readonly string[]> {
  const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true
  const trustedKeyrings = await readTrustedKeyrings()
  const { sources } = await repositorySources({
    element: { distribution: 'bookworm', components: ['main'], repositoryGpgcheck: true },
    given: [],
    machine: { sources: await readAptSources(), architecture: 'x86_64', trustedKeyrings, isFile },
    mirrors: publicMirrors,
    probe: (uri, distribution, origin) => hasDistribution(uri, distribution, origin === undefined ? {} : { origin }),
  })
  return sources.map(({ uri, distribution, components = [], keyrings }) => {
    const keys = keyrings.map((path) => `file://${path}`).join(';')
    return `${uri},apt-deb,${distribution},,,,{${keys}},${components.join(' ')},${distribution},true`
  })
}
