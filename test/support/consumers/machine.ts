import { instanceOf, isList } from './cimage.ts'
import { blobOf, type Descriptor, type Document, documentOf, type Held, type Verdict } from './held.ts'

/** `podman machine init --image docker://…` of podman 5; files of pkg/machine. */

export interface MachineDisk {
  readonly title: string
  /** The layer as it is stored. */
  readonly layer: Descriptor
  /** What it unpacks, by the first bytes: pkg/machine/compression/decompress.go. */
  readonly packing: 'zstd' | 'xz' | 'gzip' | 'bzip2' | 'zip' | 'none'
  /** Whether the packed copy goes away after use: ocipull/ociartifact.go and define/image_format.go. */
  readonly isCleanedUp: boolean
}

const TITLE = 'org.opencontainers.image.title'
const MAGIC: readonly (readonly [MachineDisk['packing'], string])[] = [
  ['zstd', '28b52ffd'],
  ['xz', 'fd377a585a00'],
  ['gzip', '1f8b'],
  ['bzip2', '425a68'],
]
/** define/image_format.go; WSL's is no disk. */
const SUFFIXES: Readonly<Record<string, string>> = {
  qemu: '.qcow2.zst',
  applehv: '.raw.zst',
  hyperv: '.vhdx.zst',
  wsl: '.tar.zst',
}

/**
 * What podman makes of a reference.
 *
 * @param host the machine's architecture as the kernel says it, and what podman runs its machine with
 */
export function machineDisk(
  held: Held,
  host: { readonly architecture: 'x86_64' | 'aarch64'; readonly diskType: string },
): Verdict<MachineDisk> {
  if (!isList(held.top.mediaType)) return { says: `wrong manifest type for disk artifact: ${held.top.mediaType}` }
  const entry = machineEntry(held, host)
  if ('says' in entry) return entry
  const layer = machineLayer(documentOf(held, entry.takes.digest))
  if ('says' in layer) return layer
  const title = layer.takes.annotations?.[TITLE] ?? ''
  // ociartifact.go, `extractKindAndCompression`: the last two extensions name the copy in the cache.
  const suffix = /(\.[^./]*)?\.[^./]*$/.exec(title)?.[0]
  if (suffix === undefined) return { says: 'failed to move downloaded blob to cache: rename ' }
  return {
    takes: {
      title,
      layer: layer.takes,
      packing: packingOf(blobOf(held, layer.takes.digest), suffix),
      isCleanedUp: suffix === SUFFIXES[host.diskType],
    },
  }
}

/** ocipull/source.go, `GetDiskArtifactReference`: the first that fits in everything. */
function machineEntry(held: Held, host: { architecture: string; diskType: string }): Verdict<Descriptor> {
  const isDockerList = held.top.mediaType !== 'application/vnd.oci.image.index.v1+json'
  const entries = documentOf(held, held.top.digest).manifests ?? []
  for (const { digest } of entries) {
    // It looks each digest up again, and so sees the first entry that has it.
    const entry = instanceOf(entries, digest)
    // Entries of Docker's lists have no annotations.
    const diskType = isDockerList ? undefined : entry?.annotations?.['disktype']
    if (entry === undefined || diskType === undefined) continue
    if (entry.platform === undefined) {
      return { says: 'panic: runtime error: invalid memory address or nil pointer dereference' }
    }
    const { architecture, os } = entry.platform
    if (architecture === host.architecture && os === 'linux' && diskType === host.diskType) return { takes: entry }
  }
  return { says: 'no valid disk artifact found' }
}

/** ocipull/source.go, the end of the same function. */
function machineLayer({ layers = [] }: Document): Verdict<Descriptor> {
  if (layers.length > 1) return { says: `podman-machine images should only have 1 layer: ${layers.length} found` }
  const [layer] = layers
  if (layer === undefined) return { says: 'panic: runtime error: index out of range [0] with length 0' }
  if (layer.annotations?.[TITLE] !== undefined) return { takes: layer }
  return { says: `unable to determine original artifact name: missing required annotation '${TITLE}'` }
}

function packingOf(bytes: Buffer, suffix: string): MachineDisk['packing'] {
  const start = bytes.toString('hex', 0, 6)
  const known = MAGIC.find(([, magic]) => start.startsWith(magic))
  return known?.[0] ?? (suffix.endsWith('.zip') ? 'zip' : 'none')
}
