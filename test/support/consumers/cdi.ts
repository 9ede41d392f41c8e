import { gunzipSync } from 'node:zlib'
import { pulledImage } from './cimage.ts'
import { blobOf, documentOf, type Held, type Verdict } from './held.ts'
import { type TarContent, tarFiles } from './tarfile.ts'

/** KubeVirt's containerized-data-importer, `source.registry`; files of pkg/importer where nothing else is said. */

export interface Imported {
  /** In the layer. */
  readonly path: string
  readonly bytes: Buffer
  /** What it sets on the volume; util.go, `envsToLabels`. */
  readonly labels: Readonly<Record<string, string>>
}

interface ImageConfig {
  readonly architecture?: string
  readonly config?: { readonly Env?: readonly string[]; readonly Labels?: Readonly<Record<string, string>> }
}

const NOT_FOUND = 'Failed to find VM disk image file in the container image'
const BOOTC = 'bootc image detected: '
const KUBEVIRT = 'KUBEVIRT_IO_'
/** format-readers.go reads as much before it looks what a blob is. */
const HEAD_BYTES = 512

/**
 * `pullMethod: pod`, the default: the importer reads the layers itself.
 *
 * @param architecture `platform.architecture` of the source, or what the importer runs on
 * @param isAskedFor whether it stands in the source: only then is an image's own checked
 */
export function importedByPod(held: Held, architecture: string, isAskedFor = false): Verdict<Imported> {
  const digest = pulledImage(held, architecture)
  if ('says' in digest) return digest.says.startsWith('unsupported') ? inspectionFailed(digest.says) : digest
  const manifest = documentOf(held, digest.takes)
  const config = JSON.parse(blobOf(held, manifest.config?.digest ?? '').toString('utf8')) as ImageConfig
  // transport.go, `validateImagePlatformMatch`
  if (isAskedFor && config.architecture !== architecture) {
    const [own, wanted] = [`manifest image architecture: "${config.architecture}"`, `architecture: "${architecture}"`]
    return { says: `${own} doesn't match requested ${wanted}` }
  }
  const { Env = [], Labels = {} } = config.config ?? {}
  if (isBootc(Labels)) return { says: BOOTC }
  const layers = manifest.layers?.map((layer) => blobOf(held, layer.digest)) ?? []
  const found = foundDisk(layers)
  return 'says' in found ? found : { takes: { ...found.takes, labels: labelsOf(Env) } }
}

function inspectionFailed(reason: string): Verdict<never> {
  return { says: `failed to inspect image for bootc detection: ${reason}` }
}

/** transport.go, `checkBootcImage` */
function isBootc(labels: Readonly<Record<string, string>>): boolean {
  return labels['containers.bootc'] === '1' || labels['ostree.bootable'] === '1'
}

/** transport.go, `copyRegistryImage` and `processLayer`, then registry-datasource.go, `getImageFileName` */
function foundDisk(layers: readonly Buffer[]): Verdict<Pick<Imported, 'path' | 'bytes'>> {
  for (const layer of layers) {
    const archive = unpacked(layer)
    if ('says' in archive) return archive
    const file = tarFiles(archive.takes).find(({ path, kind }) => isWanted(path) && kind !== 'folder')
    if (file) return placed(file)
  }
  return { says: NOT_FOUND }
}

/** format-readers.go: by the first bytes, whatever the media type says. */
function unpacked(layer: Buffer): Verdict<Buffer> {
  if (layer.length < HEAD_BYTES) return { takes: Buffer.alloc(0) }
  const magic = layer.toString('hex', 0, 4)
  if (magic.startsWith('1f8b')) return { takes: gunzipSync(layer) }
  // Issue 4277: it reads on behind a decoder that has read ahead. Mended by pull request 4278, September 2026.
  if (magic === '28b52ffd') return { says: 'failed to pull image: ' }
  return { takes: layer }
}

function isWanted(path: string): boolean {
  const name = path.split('/').at(-1) ?? ''
  return (path.startsWith('disk') || path.startsWith('./disk')) && !name.startsWith('.wh.')
}

function placed({ path, bytes }: TarContent): Verdict<Pick<Imported, 'path' | 'bytes'>> {
  const [folder, ...rest] = path.replace(/^\.\//, '').split('/')
  if (folder !== 'disk') return { says: 'Cannot locate image file: image directory does not exist' }
  if (rest.length > 1) return { says: 'image directory contains another directory' }
  return { takes: { path, bytes } }
}

function labelsOf(env: readonly string[]): Readonly<Record<string, string>> {
  const pairs = env.flatMap((line): [string, string][] => {
    const [name = '', ...value] = line.split('=')
    const [before, after] = [name.slice(0, Math.max(name.indexOf(KUBEVIRT), 0)), name.split(KUBEVIRT)[1]]
    if (after === undefined || value.length === 0) return []
    const domain = [...before.split('_').filter(Boolean), 'kubevirt.io'].join('.')
    return [[`${domain}/${after.replaceAll('_', '-')}`.toLowerCase(), value.join('=')]]
  })
  return Object.fromEntries(pairs)
}

/**
 * `pullMethod: node`: the image runs and serves its own `/disk`; tools/cdi-containerimage-server/main.go.
 *
 * @param files of all layers together
 */
export function servedByNode(files: readonly TarContent[]): Verdict<string> {
  const paths = files.map((file) => ({
    ...file,
    parts: file.path
      .replace(/^\.?\//, '')
      .split('/')
      .filter(Boolean),
  }))
  if (paths.some(({ parts }) => parts[0] === 'sysroot' || parts[0] === 'ostree')) return { says: BOOTC }
  const inside = new Set(paths.flatMap(({ parts }) => (parts[0] === 'disk' && parts[1] ? [parts[1]] : [])))
  const [only] = paths.filter(({ parts, kind }) => parts[0] === 'disk' && parts.length === 2 && kind !== 'folder')
  return inside.size === 1 && only ? { takes: only.path } : { says: 'Invalid container image' }
}
