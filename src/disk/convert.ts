import { rename, rm } from 'node:fs/promises'
import { resolve } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, HostError } from '../errors.ts'
import { DISK_FORMATS, type DiskFormat } from './format.ts'

export interface Conversion {
  readonly source: string
  /** qemu-img's name of the source's format. Never guessed: a guest can write the header of another format into a raw disk. */
  readonly from: string
  readonly to: DiskFormat
  /** The file to write, in a folder that exists; it appears when it is complete. */
  readonly target: string
  /** Clusters of a qcow2 compressed, for an image whose layer is not. */
  readonly compressed?: boolean
  readonly signal?: AbortSignal
}

/**
 * Converts a disk with `qemu-img convert`. The same disk gives the same bytes, holes stay holes.
 *
 * @returns path of the disk in the format: `source` itself where it has it already
 * @throws HostError without space, CommandError when qemu-img fails or is ended; neither leaves a partial file
 */
export async function convertDisk(conversion: Conversion): Promise<string> {
  const { source, from, to, target, compressed = false, signal } = conversion
  if (from === to) return source
  const partial = `${target}.partial`
  const squeeze = compressed && to === 'qcow2' ? ['-c'] : []
  // Absolute, since qemu-img takes what stands before a colon for a protocol.
  const files = [resolve(source), resolve(partial)]
  const args = ['-f', from, '-O', to, ...squeeze, ...DISK_FORMATS[to].options, '--', ...files]
  try {
    await runCommand('qemu-img', ['convert', ...args], signal ? { signal } : {})
    await rename(partial, target)
  } catch (error) {
    await rm(partial, { force: true })
    if (error instanceof CommandError && error.lastLines.some((line) => line.includes('No space left on device'))) {
      throw new HostError(`no space left for ${target}`, 'make room there, or name a larger place with work-dir')
    }
    throw error
  }
  return target
}
