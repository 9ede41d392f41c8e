import type { Descriptor } from '../../../src/oci/descriptor.ts'
import type { Platform } from '../../../src/oci/platform.ts'

/**
 * How consumers choose an entry of an index, written anew from what they do: containerd core/images/image.go (`Manifest`)
 * with containerd/platforms compare.go and database.go; podman pkg/machine/ocipull/source.go.
 */

/** containerd's: all that fit, the best first, else in their order; `x86_64` fits `amd64`. */
export function chosenByContainerd(entries: readonly Descriptor[], host: Platform): Descriptor | undefined {
  const accepted = vector(normalized(host)).map(nameForContainerd)
  const rank = ({ platform }: Descriptor) =>
    platform ? accepted.indexOf(nameForContainerd(platform)) : accepted.length
  return entries.filter((entry) => rank(entry) >= 0).toSorted((one, other) => rank(one) - rank(other))[0]
}

/** podman machine's: the first that says its disktype and architecture. */
export function chosenByPodmanMachine(
  entries: readonly Descriptor[],
  architecture: string,
  disktype: string,
): Descriptor | undefined {
  return entries.find(
    ({ platform, annotations }) => annotations?.['disktype'] === disktype && platform?.architecture === architecture,
  )
}

/** One for all that containerd takes for the same. */
export function nameForContainerd(platform: Platform): string {
  const { os, architecture, variant } = normalized(platform)
  return `${os} ${architecture} ${variant}`
}

function normalized({ os, architecture, variant = '' }: Platform): Platform {
  if (['amd64', 'x86_64', 'x86-64'].includes(architecture)) {
    return { os, architecture: 'amd64', variant: variant === 'v1' ? '' : variant }
  }
  if (['arm64', 'aarch64'].includes(architecture)) {
    return { os, architecture: 'arm64', variant: ['8', 'v8'].includes(variant) ? '' : variant }
  }
  return { os, architecture, variant: architecture === 'arm' && variant === '' ? 'v7' : variant }
}

/** What a host runs, the best first. */
function vector({ os, architecture, variant = '' }: Platform): readonly Platform[] {
  const of = (name: string, variants: readonly string[]) =>
    variants.map((each) => normalized({ os, architecture: name, variant: each }))
  if (architecture === 'amd64') {
    const versions = ['v4', 'v3', 'v2', 'v1']
    return [...of('amd64', versions.slice(versions.indexOf(variant || 'v1'))), ...of('386', [''])]
  }
  if (architecture !== 'arm64') return [{ os, architecture, variant }]
  const [major = 8, minor = 0] = (variant || 'v8').slice(1).split('.').map(Number)
  const eight = (from: number) => Array.from({ length: from + 1 }, (_, at) => (from === at ? 'v8' : `v8.${from - at}`))
  const nine = Array.from({ length: minor + 1 }, (_, at) => (minor === at ? 'v9' : `v9.${minor - at}`))
  const arms = of('arm', ['v8', 'v7', 'v6', 'v5'])
  return [...of('arm64', major === 9 ? [...nine, ...eight(minor + 5)] : eight(minor)), ...arms]
}
