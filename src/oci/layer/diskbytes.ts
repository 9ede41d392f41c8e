import { createHash } from 'node:crypto'
import { readSync } from 'node:fs'
import { type FileHandle, open } from 'node:fs/promises'
import { setImmediate } from 'node:timers/promises'
import type { ByteSource } from '../../compress/source.ts'
import { HostError } from '../../errors.ts'
import type { Digest } from '../digest.ts'
import { type Extent, extentLength } from './extent.ts'
import { changedDisk, type FileState } from './filestate.ts'

/** A disk as a file. */
export interface DiskFile {
  /** The disk file on this machine. */
  readonly source: string
  /** What the file is to hold; all of the source where left out. */
  readonly content?: readonly Extent[]
  /** What the source was before anything was learned of it, where that is not only now. */
  readonly state?: FileState
}

/**
 * What is read at once, and hashed while the processor still has it at hand; in between whoever compresses is given work.
 * It is not read by another thread: that waits for a processor each time, while all are busy compressing.
 */
const STEP_BYTES = 256 * 1024

/** What stands before and after a disk. */
export interface Frame {
  readonly head: Buffer
  readonly tail: Buffer
}

/** The bytes of a disk, read piece by piece and hashed on the way; holes and zeros are not read. */
export class DiskBytes implements ByteSource, AsyncDisposable {
  readonly #disk: FileHandle
  readonly #source: string
  readonly #extents: Iterator<Extent>
  readonly #hash = createHash('sha256')
  /** What is left of the extent under way. */
  #extent: Extent | undefined
  #done = 0
  #digest: Digest | undefined

  private constructor(disk: FileHandle, source: string, extents: readonly Extent[]) {
    this.#disk = disk
    this.#source = source
    this.#extents = extents.values()
  }

  /**
   * @param frameOf round a disk of that many bytes; none where left out
   * @throws HostError when the source is no regular file; what `frameOf` throws
   */
  static async open(file: DiskFile, frameOf?: (sizeBytes: number) => Frame): Promise<DiskBytes> {
    const disk = await open(file.source, 'r')
    try {
      const stats = await disk.stat()
      if (!stats.isFile())
        throw new HostError('host-disk', `the disk ${file.source} is not a file`, 'give the path of a disk file')
      const content = file.content ?? [{ kind: 'data', offset: 0, length: stats.size }]
      const frame = frameOf?.(content.reduce((total, extent) => total + extentLength(extent), 0))
      const framed = (bytes: Buffer | undefined): readonly Extent[] => (bytes ? [{ kind: 'bytes', bytes }] : [])
      return new DiskBytes(disk, file.source, [...framed(frame?.head), ...content, ...framed(frame?.tail)])
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
      const left = Math.min(extentLength(extent) - this.#done, STEP_BYTES)
      const taken = this.#take(extent, target.subarray(filled, filled + left))
      this.#hash.update(target.subarray(filled, filled + taken))
      this.#done += taken
      filled += taken
      await setImmediate()
    }
    return filled
  }

  /** Of all that was read; nothing can be read after it. */
  get digest(): Digest {
    this.#digest ??= `sha256:${this.#hash.digest('hex')}`
    return this.#digest
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

  #take(extent: Extent, room: Buffer): number {
    switch (extent.kind) {
      case 'bytes':
        return extent.bytes.copy(room, 0, this.#done)
      case 'zeros':
        room.fill(0)
        return room.length
      case 'data': {
        const taken = readSync(this.#disk.fd, room, 0, room.length, extent.offset + this.#done)
        if (taken === 0) throw changedDisk(this.#source)
        return taken
      }
    }
  }
}
