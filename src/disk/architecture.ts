import { mkdtemp, open, rm } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { filled } from './filebytes.ts'
import { boundedDisk } from './guest/boundeddisk.ts'
import { type EfiLoader, efiLoaders } from './guest/efiloader.ts'
import { diskPart, type GuestDisk } from './guest/guestdisk.ts'
import { type Partition, partitionsOf } from './guest/partition.ts'
import { mayHoldLoaders, TYPE_CLUES } from './guest/partitiontype.ts'

/** What a disk says about the machines it is for. */
export interface DiskArchitecture {
  /** Go's names of what it may be for, the likeliest first: a PC's BIOS starts systems of either width. */
  readonly architectures: readonly [string, ...string[]]
  /** What says so: `partition 1 has EFI/BOOT/BOOTX64.EFI`. */
  readonly evidence: string
}

interface Clue {
  readonly architectures: readonly string[]
  readonly text: string
}

const PC = ['amd64', '386']
/** One has a few, a hostile one may have any number. */
const MOST_LOADER_PARTITIONS = 8

/**
 * What architecture a disk is for, by the types of its partitions and by the loaders in its EFI system partitions. Reads
 * little of it, however large it is or however it is made.
 *
 * @param disk `format` is qemu-img's name
 * @param folder where a folder of our own can be made, which is gone afterwards
 * @returns undefined where nothing says it, or what does contradicts itself, as in a disk for both amd64 and arm64
 * @throws CommandError when it is canceled
 */
export async function diskArchitecture(
  disk: { readonly file: string; readonly format: string; readonly virtualSizeBytes: number },
  folder: string,
  signal?: AbortSignal,
): Promise<DiskArchitecture | undefined> {
  const { file, format, virtualSizeBytes: sizeBytes } = disk
  if (format === 'raw') {
    await using opened = await open(file)
    const read = async (offset: number, length: number) => {
      const bytes = Buffer.alloc(length)
      return (await filled(opened, bytes, offset)) < length ? undefined : bytes
    }
    return await architectureOf({ sizeBytes, read })
  }
  const place = await mkdtemp(join(folder, 'look-'))
  try {
    const read = (offset: number, length: number) => converted(disk, { offset, length }, join(place, 'part'), signal)
    return await architectureOf({ sizeBytes, read })
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

/** Part of a disk of any format, by way of a file. */
async function converted(
  { file, format }: { readonly file: string; readonly format: string },
  part: { readonly offset: number; readonly length: number },
  target: string,
  signal: AbortSignal | undefined,
): Promise<Buffer | undefined> {
  const disk = { driver: format, file: { driver: 'file', filename: resolve(file) } }
  // `qemu-img dd` of QEMU 7.2 takes `count` from the disk's start and not from `skip`.
  const source = `json:${JSON.stringify({ driver: 'raw', offset: part.offset, size: part.length, file: disk })}`
  try {
    await runCommand('qemu-img', ['convert', '-O', 'raw', '--', source, target], signal ? { signal } : {})
  } catch (error) {
    if (error instanceof CommandError && error.outcome.kind === 'exit') return undefined
    throw error
  }
  await using opened = await open(target)
  const bytes = Buffer.alloc(part.length)
  return (await filled(opened, bytes, 0)) < part.length ? undefined : bytes
}

/** What architecture a disk is for, as `diskArchitecture` says. Never throws but what reading throws. */
export async function architectureOf(disk: GuestDisk): Promise<DiskArchitecture | undefined> {
  const bounded = boundedDisk(disk)
  const partitions = await partitionsOf(bounded)
  const types = partitions.flatMap(({ number, type }) => {
    const clue = TYPE_CLUES.get(type)
    return clue === undefined ? [] : [{ ...clue, text: `partition ${number} is ${clue.text}` }]
  })
  const clues = [...(await loaderClues(bounded, partitions)), ...types]
  return bounded.isSpent() ? undefined : agreed(clues)
}

async function loaderClues(disk: GuestDisk, partitions: readonly Partition[]): Promise<readonly Clue[]> {
  const found: (EfiLoader & { readonly number: number })[] = []
  const places = partitions
    .filter(({ type }) => mayHoldLoaders(type))
    .flatMap(({ number, places }) => places.map((place) => ({ number, place })))
  for (const { number, place } of places.slice(0, MOST_LOADER_PARTITIONS)) {
    for (const loader of await efiLoaders(diskPart(disk, place))) found.push({ ...loader, number })
  }
  // Firmware of 32 bits starts kernels of 64 (Linux, CONFIG_EFI_MIXED): a loader for it says that the disk is for a PC.
  const isMixed = found.some(({ architecture }) => architecture === '386')
  return found.map(({ number, path, architecture }) => ({
    architectures:
      isMixed && PC.includes(architecture)
        ? [architecture, ...PC.filter((name) => name !== architecture)]
        : [architecture],
    text: `partition ${number} has ${path}`,
  }))
}

/** What all clues allow, told by one that allows no more. */
function agreed(clues: readonly Clue[]): DiskArchitecture | undefined {
  const [first, ...rest] = clues
  const allowed = (first?.architectures ?? []).filter((name) =>
    rest.every(({ architectures }) => architectures.includes(name)),
  )
  const [likeliest, ...others] = allowed
  const telling = clues.find(({ architectures }) => architectures.length === allowed.length)
  if (likeliest === undefined || telling === undefined) return undefined
  return { architectures: [likeliest, ...others], evidence: telling.text }
}
