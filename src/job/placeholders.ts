import { mkdir, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { RepositorySource } from '../description/repositorysource.ts'
import { shownUri } from '../host/address.ts'
import { readAptSources, readTrustedKeyrings } from '../host/apt-sources.ts'
import { readDistribution } from '../host/distribution.ts'
import { givenRepositories } from '../host/given-repository.ts'
import { hasDistribution } from '../host/mirror-probe.ts'
import { familyOf, type Keyring, type Mirrors } from '../host/mirrors.ts'
import { repositorySources } from '../host/repositories.ts'
import { putText } from '../oci/store/file.ts'
import type { DescriptionSource, Placeholder } from '../plan/plan.ts'
import type { Report } from '../report.ts'

/** What the answer for `obsrepositories:/` depends on beside the plan. */
export interface PlaceholderFacts {
  /** KIWI's name of the architecture to build for. */
  readonly architecture: string
  readonly mirrors: Mirrors
  /** A folder of this job, for keys that stand in the machine's sources themselves. */
  readonly keyFolder: string
  readonly report: Report
  readonly signal: AbortSignal
}

/**
 * What stands for each `obsrepositories:/` of the description, by the index of its element. Asks mirrors.
 *
 * @throws InputError where the input `repositories` is needed; HostError where no mirror answers
 */
export async function answeredPlaceholders(
  source: DescriptionSource,
  facts: PlaceholderFacts,
): Promise<ReadonlyMap<number, readonly RepositorySource[]>> {
  if (source.placeholders.length === 0) return new Map()
  const codename = (await readDistribution())?.codename
  const machine = {
    sources: await readAptSources(),
    ...(codename === undefined ? {} : { codename }),
    architecture: facts.architecture,
    trustedKeyrings: await readTrustedKeyrings(),
    isFile: async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true,
  }
  const { given } = givenRepositories(source.repositories)
  const answers = new Map<number, readonly RepositorySource[]>()
  for (const element of source.placeholders) {
    const { sources, notes } = await repositorySources({
      element,
      given,
      machine,
      mirrors: facts.mirrors,
      signal: facts.signal,
      probe: (uri, distribution, origin) =>
        hasDistribution(uri, distribution, { ...(origin === undefined ? {} : { origin }), signal: facts.signal }),
    })
    for (const note of notes) facts.report.info(note)
    const written = sources.map(async ({ keyringText, keyrings, ...rest }, position): Promise<RepositorySource> => {
      const { uri, distribution = '', components = [] } = rest
      facts.report.info(
        `obsrepositories:/ of ${element.where}: ${[shownUri(uri), distribution, ...components].join(' ')}`,
      )
      const file = join(facts.keyFolder, `${element.index}-${position}.asc`)
      return { ...rest, keyrings: keyringText === undefined ? keyrings : [await writtenKey(file, keyringText)] }
    })
    answers.set(element.index, await Promise.all(written))
  }
  return answers
}

/** The keyrings with which the machine checks what stands for `obsrepositories:/`, as far as they can be known before. */
export function placeholderKeyrings(
  placeholders: readonly Placeholder[],
  lines: readonly string[],
  mirrors: Mirrors,
): readonly Keyring[] {
  const { given } = givenRepositories(lines)
  const asked = given.length > 0 ? given : placeholders
  const codenames = placeholders.length === 0 ? [] : asked.map(({ distribution }) => distribution ?? '')
  const keyrings = codenames.flatMap((codename) => familyOf(mirrors, codename.replace(/-.*$/, ''))?.keyring ?? [])
  return [...new Map(keyrings.map((keyring) => [keyring.path, keyring])).values()]
}

async function writtenKey(file: string, text: string): Promise<string> {
  await mkdir(join(file, '..'), { recursive: true })
  await putText(file, text)
  return file
}
