import { mkdtemp, rename, rm } from 'node:fs/promises'
import { basename, dirname, join, resolve } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError, lacksSpace, spaceError } from '../errors.ts'
import { type DiskFormat, diskFormat, extendedSize } from './format.ts'
import { writeGce } from './formats/gce.ts'
import { writeOva } from './formats/ova.ts'
import { stampVdi } from './formats/vdi.ts'
import { stampVhd, writeVhdTag } from './formats/vhd.ts'
import { stampVhdx } from './formats/vhdx.ts'
import { stampVmdk } from './formats/vmdk.ts'
import { virtualSize } from './inspect.ts'
import { type ConversionOptions, NO_OPTIONS, qemuOptions } from './options.ts'
import { extendedDisk, type ReadDisk } from './overlay.ts'

export interface Conversion {
  /** The disk; it is only read. */
  readonly source: string
  /** qemu-img's name of the source's format. Never guessed: a guest can write the header of another format into a raw disk. */
  readonly from: string
  /** Of the source. */
  readonly virtualSizeBytes: number
  readonly to: DiskFormat
  /** The file to write, in a folder that exists; it appears when it is complete. Formats that hold a name hold this one. */
  readonly target: string
  /** Clusters of a qcow2 compressed, for an image whose layer is not. */
  readonly compressed?: boolean
  /** Without problems, as `optionProblems` finds them. */
  readonly options?: ConversionOptions
  /** What an appliance is called; the target's name where it is left out. */
  readonly title?: string
  /** The time in formats that hold one. */
  readonly epochSeconds: number
  readonly signal?: AbortSignal
}

export interface ConvertedDisk {
  /** The source itself where it has the format already and nothing is asked of it. */
  readonly file: string
  /** What a machine sees; more than the source's where the format has sizes of its own. */
  readonly virtualSizeBytes: number
}

/**
 * Converts a disk. The same content, name, options and time give the same bytes with the same qemu-img and zlib: ids that
 * qemu-img makes at random are replaced by ids of the content. Holes stay holes. Where the format has sizes of its own the
 * disk gets zeros at its end. The content is written once; on the way to gce from another format than raw, twice.
 *
 * @throws HostError without space; CommandError when qemu-img fails or is ended; DescriptionError where a tag for a fixed
 *   VHD would be written over content; AbortError after `signal`. None of them leaves a file
 */
export async function convertDisk(conversion: Conversion): Promise<ConvertedDisk> {
  const { source, target, virtualSizeBytes } = conversion
  if (!isConverted(conversion.from, conversion.to, conversion.options)) return { file: source, virtualSizeBytes }
  let folder: string | undefined
  try {
    folder = await mkdtemp(join(dirname(resolve(target)), '.partial-'))
    const made = await makeDisk(conversion, folder)
    await rename(made.file, target)
    return { file: target, virtualSizeBytes: made.virtualSizeBytes }
  } catch (error) {
    throw spaceError(error, dirname(resolve(target)))
  } finally {
    if (folder !== undefined) await rm(folder, { recursive: true, force: true })
  }
}

/**
 * Whether a disk is written anew for the format. One for an archive always is, and one for a fixed VHD, since what
 * qemu-img calls vpc may be of either kind.
 */
export function isConverted(from: string, to: DiskFormat, options: ConversionOptions = NO_OPTIONS): boolean {
  if (to === 'raw') return from !== 'raw'
  if (to === 'gce' || to === 'ova' || to === 'vhd-fixed') return true
  return from !== diskFormat(to).driver || options.qemu.length > 0
}

async function makeDisk(conversion: Conversion, folder: string): Promise<ConvertedDisk> {
  switch (conversion.to) {
    case 'gce':
      return makeGce(conversion, folder)
    case 'ova':
      return makeOva(conversion, folder)
    default:
      return makePlain(conversion, folder)
  }
}

async function makeGce(conversion: Conversion, folder: string): Promise<ConvertedDisk> {
  const { source, from, options = NO_OPTIONS, target, epochSeconds, signal } = conversion
  const file = join(folder, basename(target))
  const { gceLicense: license } = options
  const sizeBytes = extendedSize('gce', conversion.virtualSizeBytes)
  const raw = from === 'raw' ? source : join(await mkdtemp(join(folder, 'raw-')), 'disk')
  if (raw !== source) await qemuImg(['convert', '-f', from, '-O', 'raw', '--', resolve(source), resolve(raw)], signal)
  const given = { ...(license === undefined ? {} : { license }), ...(signal === undefined ? {} : { signal }) }
  await writeGce({ raw, sizeBytes, epochSeconds, target: file, ...given })
  return { file, virtualSizeBytes: sizeBytes }
}

async function makeOva(conversion: Conversion, folder: string): Promise<ConvertedDisk> {
  const { options = NO_OPTIONS, target, epochSeconds, signal } = conversion
  const { machine, firmware } = options
  const fileName = basename(target).replace(/(?<=.)\.ova$/, '')
  const sizeBytes = extendedSize('ova', conversion.virtualSizeBytes)
  const file = await writeOva({
    disk: await readDisk(conversion, folder),
    sizeBytes,
    fileName,
    appliance: {
      name: machine?.displayName ?? conversion.title ?? fileName,
      ...(machine === undefined ? {} : { machine }),
      ...(firmware === undefined ? {} : { firmware }),
    },
    optionArguments: optionArguments('ova', options),
    epochSeconds,
    folder,
    ...(signal === undefined ? {} : { signal }),
  })
  return { file, virtualSizeBytes: sizeBytes }
}

/** The disk to convert, of the size that the format has for it. */
async function readDisk(conversion: Conversion, folder: string): Promise<ReadDisk> {
  const { source, from, to, virtualSizeBytes, signal } = conversion
  const disk = { file: resolve(source), format: from }
  const sizeBytes = extendedSize(to, virtualSizeBytes)
  return sizeBytes === virtualSizeBytes ? disk : extendedDisk(disk, sizeBytes, folder, signal)
}

async function makePlain(conversion: Conversion, folder: string): Promise<ConvertedDisk> {
  const { to, target, options = NO_OPTIONS, signal } = conversion
  const { driver } = diskFormat(to)
  const disk = await readDisk(conversion, folder)
  // Absolute, since qemu-img takes what stands before a colon for a protocol.
  const file = resolve(folder, basename(target))
  const squeeze = conversion.compressed && to === 'qcow2' ? ['-c'] : []
  const args = ['-f', disk.format, '-O', driver, ...squeeze, ...optionArguments(to, options), '--', disk.file, file]
  await qemuImg(['convert', ...args], signal)
  return { file, virtualSizeBytes: await stamp(file, conversion) }
}

/** Gives the disk ids of its own content, and a fixed VHD its tag. @returns what a machine sees, in bytes */
async function stamp(path: string, { to, options, epochSeconds, signal }: Conversion): Promise<number> {
  const tag = to === 'vhd-fixed' ? options?.vhdFixedTag : undefined
  if (tag !== undefined) await writeVhdTag(path, tag)
  if (to === 'vhd' || to === 'vhd-fixed') return await stampVhd(path, epochSeconds, signal)
  if (to === 'vmdk') await stampVmdk(path, 0, signal)
  if (to === 'vdi') await stampVdi(path, signal)
  if (to === 'vhdx') await stampVhdx(path, signal)
  return await virtualSize(path, diskFormat(to).driver, signal)
}

function optionArguments(to: DiskFormat, options: ConversionOptions): readonly string[] {
  return qemuOptions(to, options).flatMap((option) => ['-o', option])
}

/**
 * Asks the installed qemu-img whether it takes the options, with a disk of 16 MiB: before a build, which takes minutes.
 *
 * @param folder that can be written
 * @returns what it says against them
 */
export async function refusedOptions(
  to: DiskFormat,
  options: ConversionOptions,
  folder: string,
  signal?: AbortSignal,
): Promise<string | undefined> {
  const place = await mkdtemp(join(folder, '.partial-'))
  const { driver } = diskFormat(to)
  try {
    const args = ['create', '-q', '-f', driver, ...optionArguments(to, options), '--', join(place, 'disk'), '16M']
    await qemuImg(args, signal)
    return undefined
  } catch (error) {
    if (!(error instanceof CommandError) || error.outcome.kind !== 'exit' || lacksSpace(error)) {
      throw spaceError(error, folder)
    }
    return (error.lastLines.at(-1) ?? 'no reason given').replace(/^qemu-img: (.*\/disk: )?/, '')
  } finally {
    await rm(place, { recursive: true, force: true })
  }
}

async function qemuImg(args: readonly string[], signal: AbortSignal | undefined): Promise<void> {
  await runCommand('qemu-img', args, signal === undefined ? {} : { signal })
}
