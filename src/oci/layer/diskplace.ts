import type { TarItem } from '../tar/tarreader.ts'
import { containerDiskProblem, isContainerDiskMark } from './containerdiskplace.ts'

/** Where the disk goes in an image, as layers name paths: without leading slash. */
export interface DiskPlace {
  /** What has to be free: `disk`, where KubeVirt looks for the one disk of a container, or a path elsewhere. */
  readonly region: string
  /** The disk's own path, where it is known before the disk is. */
  readonly disk?: string
  /** Whether KubeVirt and CDI have to find the disk there, and nothing else that they take for one. */
  readonly isContainerDisk?: boolean
}

/** What one layer does to the region and to the folders above it. */
export interface LayerMarks {
  /** Paths that it has itself, in its order. */
  readonly added: ReadonlyMap<string, TarItem['kind']>
  /** Paths that it takes away from the layers below. */
  readonly removed: ReadonlySet<string>
  /** Folders whose content of the layers below it hides; the root is ''. */
  readonly emptied: ReadonlySet<string>
}

/** What is where, by the path. */
type Content = ReadonlyMap<string, TarItem['kind']>

/** image-spec layer.md, "Whiteouts" and "Opaque Whiteout". */
const WHITEOUT = '.wh.'
const OPAQUE = '.wh..wh..opq'
/** Left by aufs, no part of the image. */
const META = '.wh..wh.'

const SHOWN_KINDS: Readonly<Record<TarItem['kind'], string>> = {
  file: 'a file',
  link: 'a file',
  symlink: 'a symbolic link',
  directory: 'a folder',
  other: 'a device or pipe',
}

/** @param diskPath absolute; left out where the disk goes into `/disk` under a name that is not known yet */
export function diskPlace(diskPath?: string, isContainerDisk = false): DiskPlace {
  if (diskPath === undefined) return { region: 'disk', isContainerDisk }
  const disk = diskPath.slice(1)
  return { region: disk.startsWith('disk/') ? 'disk' : disk, disk, isContainerDisk }
}

/** What of a layer matters to the place; nothing else is kept, however large the layer is. */
export async function layerMarks(
  items: AsyncIterable<TarItem>,
  { region, isContainerDisk }: DiskPlace,
): Promise<LayerMarks> {
  const added = new Map<string, TarItem['kind']>()
  const removed = new Set<string>()
  const emptied = new Set<string>()
  const matters = (path: string) =>
    path === region ||
    isBelow(path, region) ||
    isBelow(region, path) ||
    (isContainerDisk === true && isContainerDiskMark(path))
  for await (const { path: written, kind } of items) {
    const parts = cleanParts(written)
    const name = parts.at(-1) ?? ''
    const folder = parts.slice(0, -1).join('/')
    const path = parts.join('/')
    if (name === OPAQUE) {
      if (matters(folder)) emptied.add(folder)
    } else if (name.startsWith(WHITEOUT)) {
      const hidden = [...parts.slice(0, -1), name.slice(WHITEOUT.length)].join('/')
      if (!name.startsWith(META) && matters(hidden)) removed.add(hidden)
    } else if (path !== '' && matters(path)) {
      // An entry that comes again stands where it comes last.
      added.delete(path)
      added.set(path, kind)
    }
  }
  return { added, removed, emptied }
}

/**
 * Why a base of these layers cannot take the disk.
 *
 * @param layers lowest first
 * @returns the end of a sentence that begins with the base; undefined when it can
 */
export function placeProblem(layers: readonly LayerMarks[], place: DiskPlace): string | undefined {
  const content = effectiveContent(layers)
  return takenProblem(content, place) ?? (place.isContainerDisk ? containerDiskProblem(layers, content) : undefined)
}

function takenProblem(content: Content, { region, disk, isContainerDisk }: DiskPlace): string | undefined {
  // The disk of a containerDisk has no place elsewhere.
  const choose = (elsewhere: string) => `choose another base${isContainerDisk ? '' : `, or ${elsewhere}`}`
  const above = region.split('/').map((_, depth, parts) => parts.slice(0, depth + 1).join('/'))
  for (const path of region === 'disk' ? above : above.slice(0, -1)) {
    const kind = content.get(path)
    if (kind === undefined || kind === 'directory') continue
    return `has ${SHOWN_KINDS[kind]} at /${path}, where the folder of the disk has to be: ${choose('another disk-path')}`
  }
  const paths = [...content.keys()].filter((path) => path === region || isBelow(path, region)).sort()
  if (region !== 'disk') return paths.length === 0 ? undefined : hasAlready(region, choose('another disk-path'))
  const taken = paths.find((path) => content.get(path) !== 'directory') ?? paths.find((path) => path === disk)
  return taken === undefined
    ? undefined
    : hasAlready(taken, choose('a disk-path outside of /disk, which holds one disk alone'))
}

function hasAlready(path: string, remedy: string): string {
  return `has /${path} already: ${remedy}`
}

/** What layers leave of what they have; a whiteout is for the layers below only, wherever it stands in its own. */
function effectiveContent(layers: readonly LayerMarks[]): Content {
  const content = new Map<string, TarItem['kind']>()
  const removeBelow = (folder: string) => {
    for (const path of content.keys()) if (isBelow(path, folder)) content.delete(path)
  }
  for (const { added, removed, emptied } of layers) {
    for (const path of removed) {
      content.delete(path)
      removeBelow(path)
    }
    for (const folder of emptied) removeBelow(folder)
    for (const [path, kind] of added) {
      if (kind !== 'directory') removeBelow(path)
      content.set(path, kind)
    }
  }
  return content
}

function isBelow(path: string, folder: string): boolean {
  return folder === '' || path.startsWith(`${folder}/`)
}

/** Without `.`, empty parts and `..`, which no unpacker follows out of the root. */
function cleanParts(path: string): readonly string[] {
  const parts: string[] = []
  for (const part of path.split('/')) {
    if (part === '..') parts.pop()
    else if (part !== '' && part !== '.') parts.push(part)
  }
  return parts
}
