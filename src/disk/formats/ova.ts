import { createHash } from 'node:crypto'
import { type FileHandle, open, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../../command.ts'
import { chunksOf, writeAt } from '../filebytes.ts'
import type { ReadDisk } from '../overlay.ts'
import { archiveEnd, BLOCK_BYTES, memberHeader, paddedSize } from './archiveheader.ts'
import { type Appliance, ovfText } from './ovf.ts'
import { populatedBytes, stampVmdk } from './vmdk.ts'

export interface OvaRequest {
  readonly disk: ReadDisk
  /** Of the disk. */
  readonly sizeBytes: number
  /** What the files in the archive are called, without ending. */
  readonly fileName: string
  readonly appliance: Omit<Appliance, 'vmdk'>
  /** `-o …` for the vmdk. */
  readonly optionArguments: readonly string[]
  readonly epochSeconds: number
  /** A folder of our own, where the archive comes to be. */
  readonly folder: string
  readonly signal?: AbortSignal
}

const ARCHIVE = 'archive'
/** All others: a plain name in a tar, in an URL and in the manifest. */
const UNFIT = /[^A-Za-z0-9._-]+/g
const NAME_LENGTH = 90

/**
 * Writes an OVA: descriptor, manifest and vmdk, in this order, in a ustar archive (DMTF DSP0243 1.1 sections 5.1 and 5.3).
 * The manifest has SHA256, as those of open-vmdk (ova/mkova.sh) and osbuild (stages/org.osbuild.ovf) for vSphere.
 *
 * qemu-img writes the vmdk where it stands in the archive, behind space for what comes before it, so that it is there
 * once only. The descriptor ends with blanks as far as the space is larger than it.
 *
 * @returns path of the archive, in the folder
 */
export async function writeOva(request: OvaRequest): Promise<string> {
  const { epochSeconds: mtimeSeconds, signal } = request
  const names = memberNames(request)
  // No number is longer.
  const ovfBytes = Buffer.byteLength(descriptor(request, Number.MAX_SAFE_INTEGER, Number.MAX_SAFE_INTEGER))
  const manifestBytes = manifest(names, '', '').length
  const vmdkAt = 3 * BLOCK_BYTES + paddedSize(ovfBytes) + paddedSize(manifestBytes)
  const path = await writeVmdk(request, vmdkAt)
  await stampVmdk(path, vmdkAt, signal)
  await using file = await open(path, 'r+')
  const vmdkBytes = (await file.stat()).size - vmdkAt
  const ovf = Buffer.alloc(ovfBytes, ' ')
  ovf.write(descriptor(request, vmdkBytes, await populatedBytes(file, vmdkAt)))
  const sums = manifest(names, ovf, await sha256From(file, vmdkAt, signal))
  const start = [
    memberHeader({ name: names.ovf, sizeBytes: ovf.length, mtimeSeconds }),
    Buffer.concat([ovf], paddedSize(ovf.length)),
    memberHeader({ name: names.manifest, sizeBytes: sums.length, mtimeSeconds }),
    Buffer.concat([sums], paddedSize(sums.length)),
    memberHeader({ name: names.vmdk, sizeBytes: vmdkBytes, mtimeSeconds }),
  ]
  await writeAt(file, 0, Buffer.concat(start))
  const end = vmdkAt + vmdkBytes
  await writeAt(file, end, Buffer.concat([Buffer.alloc(paddedSize(end) - end), archiveEnd()]))
  return path
}

function memberNames({ fileName }: OvaRequest) {
  const stem = fileName.replaceAll(UNFIT, '_').slice(0, NAME_LENGTH)
  return { ovf: `${stem}.ovf`, manifest: `${stem}.mf`, vmdk: `${stem}.vmdk` }
}

function descriptor(request: OvaRequest, fileBytes: number, populated: number): string {
  const vmdk = { fileName: memberNames(request).vmdk, fileBytes, capacityBytes: request.sizeBytes }
  return ovfText({ ...request.appliance, vmdk: { ...vmdk, populatedBytes: populated } })
}

/** @param vmdkSum hexadecimal */
function manifest(names: { ovf: string; vmdk: string }, ovf: Buffer | string, vmdkSum: string): Buffer {
  const ovfSum = createHash('sha256').update(ovf).digest('hex')
  return Buffer.from(`SHA256(${names.ovf})= ${ovfSum}\nSHA256(${names.vmdk})= ${vmdkSum.padEnd(ovfSum.length)}\n`)
}

/** @returns path of a file with an empty start, and from `vmdkAt` on the vmdk */
async function writeVmdk(request: OvaRequest, vmdkAt: number): Promise<string> {
  const { disk, sizeBytes, folder, optionArguments, signal } = request
  const options = { cwd: folder, ...(signal === undefined ? {} : { signal }) }
  // The name gets into the vmdk. It is created apart, since qemu-img creates only at the start of a file.
  const { vmdk } = memberNames(request)
  await runCommand('qemu-img', ['create', '-q', '-f', 'vmdk', ...optionArguments, '--', vmdk, `${sizeBytes}`], options)
  const path = join(folder, ARCHIVE)
  await copyTo(join(folder, vmdk), path, vmdkAt)
  const place = `driver=vmdk,file.driver=raw,file.offset=${vmdkAt},file.file.driver=file,file.file.filename=${ARCHIVE}`
  const onto = ['-n', '--target-is-zero', '--target-image-opts']
  await runCommand('qemu-img', ['convert', ...onto, '-f', disk.format, '--', disk.file, place], options)
  return path
}

/** Moves a small file to a place in another, which it begins. */
async function copyTo(from: string, to: string, start: number): Promise<void> {
  await using source = await open(from)
  await using target = await open(to, 'wx')
  const { size } = await source.stat()
  for await (const { offset, bytes } of chunksOf(source, { offset: 0, length: size })) {
    await writeAt(target, start + offset, bytes)
  }
  await rm(from)
}

async function sha256From(file: FileHandle, start: number, signal: AbortSignal | undefined): Promise<string> {
  const hash = createHash('sha256')
  const { size } = await file.stat()
  const options = { reused: true, ...(signal === undefined ? {} : { signal }) }
  for await (const { bytes } of chunksOf(file, { offset: start, length: size - start }, options)) hash.update(bytes)
  return hash.digest('hex')
}
