import { createHash } from 'node:crypto'
import { type FileHandle, open } from 'node:fs/promises'
import type { ByteSource } from '../../compress/source.ts'
import { HostError } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { diskEntries, tarEnd, tarHeader, tarPadding } from '../tar/tar.ts'
import { type Extent, extentLength } from './extent.ts'
import { changedDisk, type FileState } from './filestate.ts'

export interface LayerFile {
  /** The disk file on this machine. */
  readonly source: string
  /** Absolute path in the image. */
  readonly path: string
  /** What the file in the image holds; all of the source where left out. */
  readonly content?: readonly Extent[]
  /** What the source was before anything was learned of it, where that is not only now. */
  readonly state?: FileState
}

/** The tar with one disk, read piece by piece and hashed on the way; holes and zeros are not read. */
export class DiskTar implements ByteSource, AsyncDisposable {
  readonly #disk: FileHandle
  readonly #source: string
  readonly #extents: Iterator<Extent>
  readonly #hash = createHash('sha256')
  /** What is left of the extent under way. */
  #extent: Extent | undefined
  #done = 0
  #diffID: Digest | undefined

  private constructor(disk: FileHandle, source: string, extents: readonly Extent[]) {
    this.#disk = disk
    this.#source = source
    this.#extents = extents.values()
  }

  /**
   * @throws HostError when the source is no regular file; ImageError for a path that cannot be in an image
   */
  static async open(
    file: LayerFile,
    facts: { readonly epochSeconds: number; readonly hasBase: boolean },
  ): Promise<DiskTar> {
    const disk = await open(file.source, 'r')
    try {
      const stats = await disk.stat()
      if (!stats.isFile()) throw new HostError(`the disk ${file.source} is not a file`, 'give the path of a disk file')
      const content = file.content ?? [{ kind: 'data', offset: 0, length: stats.size }]
      const sizeBytes = content.reduce((total, extent) => total + extentLength(extent), 0)
      const { epochSeconds, hasBase } = facts
      const entries = diskEntries(file.path, { sizeBytes, mtimeSeconds: epochSeconds, hasBase })
      const head: Extent = { kind: 'bytes', bytes: Buffer.concat(entries.map(tarHeader)) }
      const tail: Extent = { kind: 'bytes', bytes: Buffer.concat([tarPadding(sizeBytes), tarEnd()]) }
      return new DiskTar(disk, file.source, [head, ...content, tail])
    } catch (error) {
      await disk.close()
      throw error
    }
  }

  /** @throws HostError when the source has become shorter */
  async fill(target: Buffer): Promise<number> {
    let filled = 0
    while (filled < target.length) {
      const extent = this.#current()
      if (extent === undefined) break
      const room = target.subarray(filled, filled + extentLength(extent) - this.#done)
      const taken = await this.#take(extent, room)
      this.#done += taken
      filled += taken
    }
    this.#hash.update(target.subarray(0, filled))
    return filled
  }

  /** Of all that was read; nothing can be read after it. */
  get diffID(): Digest {
    this.#diffID ??= `sha256:${this.#hash.digest('hex')}`
    return this.#diffID
  }

  async [Symbol.asyncDispose](): Promise<void> {
    await this.#disk.close()
  }

  #current(): Extent | undefined {
    while (this.#extent === undefined || this.#done === extentLength(this.#extent)) {
      const next = this.#extents.next()
      if (next.done === true) return undefined
      this.#extent = next.value
      this.#done = 0
    }
    return this.#extent
  }

  async #take(extent: Extent, room: Buffer): Promise<number> {
    switch (extent.kind) {
      case 'bytes':
        return extent.bytes.copy(room, 0, this.#done)
      case 'zeros':
        room.fill(0)
        return room.length
      case 'data': {
        const { bytesRead } = await this.#disk.read(room, 0, room.length, extent.offset + this.#done)
        if (bytesRead === 0) throw changedDisk(this.#source)
        return bytesRead
      }
    }
  }
}
