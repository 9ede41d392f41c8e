import { open } from 'node:fs/promises'
import { isUnpackingError, type Packing, packingOf, readUnpacked } from '../../oci/packing/packing.ts'
import { TarError, type TarItem, tarItems } from '../../oci/tar/tarreader.ts'
import { fileSource, streamSource, type TarSource } from '../../oci/tar/tarsource.ts'

export type ArchiveKind = 'oci-archive' | 'docker-archive'

/** What a file is, by its content and not by its name. */
export interface Archive {
  readonly packing?: Packing
  /** Which transports can read it, the better first: newer dockers write archives that are both. Undefined while too little of it is unpacked to tell. */
  readonly kinds?: readonly ArchiveKind[]
  /** Why it could not be read to its end. */
  readonly broken?: string
}

/** What skopeo looks for: c/image oci/layout/oci_src.go, docker/internal/tarfile/reader.go. */
const INDEX = 'index.json'
const MANIFEST = 'manifest.json'
/** Of a packed file: a base of gigabytes is unpacked whole once, by the job. */
const UNPACKED_BYTES = 256 * 1024

/** Ends the reading: a pipeline has no other end than that of its source. */
class Enough extends Error {}

/**
 * Looks into a file, reading headers alone where it is not packed, and its beginning where it is.
 *
 * @throws errors of the file system
 */
export async function archiveAt(path: string): Promise<Archive> {
  const packing = await packingOf(path)
  if (packing === 'xz' || packing === 'bzip2') return { packing }
  const names = new Names()
  const packed = packing === undefined ? {} : { packing }
  try {
    if (packing === undefined) await collectFile(path, names)
    else await readUnpacked(path, packing, (content) => collectStream(content, names))
  } catch (error) {
    if (error instanceof Enough) return packed
    if (!(error instanceof TarError || isUnpackingError(error))) throw error
    return { ...packed, kinds: [], broken: error.message }
  }
  const kinds = [
    ...(names.hasIndex && names.stray === undefined ? (['oci-archive'] as const) : []),
    ...(names.hasManifest ? (['docker-archive'] as const) : []),
  ]
  const isStray = names.hasIndex && kinds.length === 0
  return { ...packed, kinds, ...(isStray ? { broken: `${names.stray} leads out of it` } : {}) }
}

/** What of an archive's names tells what it is. */
class Names {
  hasIndex = false
  hasManifest = false
  /**
   * An entry that has no place in a layout. skopeo unpacks an oci-archive into a folder first, as whoever runs it and
   * without a wall around it, where such an entry would lead the next ones to any place of the machine.
   */
  stray: string | undefined

  add({ path, kind }: TarItem): void {
    const name = path.replace(/^(?:\.?\/)+/, '')
    if (kind !== 'directory' && name === INDEX) this.hasIndex = true
    if (kind !== 'directory' && name === MANIFEST) this.hasManifest = true
    const climbs = path.startsWith('/') || path.split('/').includes('..')
    if (climbs || (kind !== 'file' && kind !== 'directory')) this.stray ??= `its entry ${JSON.stringify(path)}`
  }
}

async function collectFile(path: string, names: Names): Promise<void> {
  await using file = await open(path, 'r')
  await collect(fileSource(file, (await file.stat()).size), names)
}

async function collectStream(content: AsyncIterable<Buffer>, names: Names): Promise<void> {
  const source = streamSource(beginning(content))
  await collect(source, names)
  await source.skip(Number.POSITIVE_INFINITY)
}

async function* beginning(content: AsyncIterable<Buffer>): AsyncGenerator<Buffer> {
  let left = UNPACKED_BYTES
  for await (const chunk of content) {
    yield chunk.subarray(0, left)
    left -= chunk.length
    if (left <= 0) throw new Enough()
  }
}

async function collect(source: TarSource, names: Names): Promise<void> {
  for await (const item of tarItems(source)) names.add(item)
}
