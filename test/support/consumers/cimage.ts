import { type Descriptor, documentOf, type Held, type Verdict } from './held.ts'

/** containers/image: what podman, buildah, skopeo, CRI-O and CDI read registries with. */

const LISTS = [
  'application/vnd.oci.image.index.v1+json',
  'application/vnd.docker.distribution.manifest.list.v2+json',
] as const
const IMAGE_CONFIGS = [
  'application/vnd.oci.image.config.v1+json',
  'application/vnd.docker.container.image.v1+json',
] as const

export function isList(mediaType: string): boolean {
  return (LISTS as readonly string[]).includes(mediaType)
}

/** image/internal/pkg/platform/platform_matcher.go: the variants of an architecture, best first, where none is asked for. */
const VARIANTS: Readonly<Record<string, readonly string[]>> = { arm64: ['', 'v8'], arm: ['', 'v8', 'v7', 'v6', 'v5'] }

/**
 * Which entry it takes for an architecture of linux: the best variant, among equals one that is annotated as zstd,
 * among those the first; an entry without platform only as the last resort. image/internal/manifest/oci_index.go,
 * `chooseInstance`.
 */
export function chosenInstance(entries: readonly Descriptor[], architecture: string): Verdict<Descriptor> {
  const variants = VARIANTS[architecture] ?? ['']
  const ranked = entries.flatMap((entry) => {
    const { platform } = entry
    if (platform === undefined) return [{ entry, rank: variants.length }]
    const rank = variants.indexOf(platform.variant ?? '')
    return platform.os === 'linux' && platform.architecture === architecture && rank >= 0 ? [{ entry, rank }] : []
  })
  const isZstd = (entry: Descriptor) => entry.annotations?.['io.github.containers.compression.zstd'] === 'true'
  const best = ranked.toSorted((a, b) => a.rank - b.rank || Number(isZstd(b.entry)) - Number(isZstd(a.entry)))[0]
  if (best) return { takes: best.entry }
  return { says: `no image found in image index for architecture "${architecture}", variant "", OS "linux"` }
}

/** The entry with a digest: the first, though several may have it. image/internal/manifest/oci_index.go, `Instance`. */
export function instanceOf(entries: readonly Descriptor[], digest: string): Descriptor | undefined {
  return entries.find((entry) => entry.digest === digest)
}

/** The digest of the manifest behind a name. */
export function chosenManifest(held: Held, architecture: string): Verdict<string> {
  if (!isList(held.top.mediaType)) return { takes: held.top.digest }
  const chosen = chosenInstance(documentOf(held, held.top.digest).manifests ?? [], architecture)
  return 'says' in chosen ? chosen : { takes: chosen.takes.digest }
}

/**
 * The manifest that `podman pull` takes, which has to be an image's: image/internal/manifest/errors.go.
 */
export function pulledImage(held: Held, architecture: string): Verdict<string> {
  const chosen = chosenManifest(held, architecture)
  if ('says' in chosen) return chosen
  const { config, artifactType } = documentOf(held, chosen.takes)
  const type = config?.mediaType ?? ''
  if ((IMAGE_CONFIGS as readonly string[]).includes(type)) return chosen
  return { says: `unsupported image-specific operation on artifact with type "${artifactType ?? type}"` }
}
