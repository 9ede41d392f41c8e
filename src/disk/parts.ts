import { isJsonObject, type JsonObject } from '../json.ts'

/** A vmdk that is text: comments and empty lines, then its version (QEMU block/vmdk.c `vmdk_probe`). */
const VMDK_TEXT = /^(?:#[^\n]*\n| *\r?\n)*version=[123]\r?\n/
const QCOW2_MAGIC = 'QFI\xfb'
/** QEMU docs/interop/qcow2.txt: version at 4; incompatible features at 72, bit 2 of the last byte of them for a data file. */
const QCOW2_VERSION_AT = 4
const QCOW2_FEATURES_END = 79
const QCOW2_DATA_FILE = 4
const VMDK_MAGIC = 'KDMV'
/** QEMU block/vmdk.c `VMDK4Header`: without a capacity of its own the file only describes others. */
const VMDK_CAPACITY_AT = 12

/** How much of a disk file `startNamesParts` needs to see. */
export const START_BYTES = 4096

/**
 * Whether the start of a disk file says that content lies in other files, which qemu-img would open, or connect to,
 * even to tell so.
 */
export function startNamesParts(start: Buffer): boolean {
  const magic = start.toString('latin1', 0, 4)
  if (magic === QCOW2_MAGIC && start.length > QCOW2_FEATURES_END) {
    const hasFeatures = start.readUInt32BE(QCOW2_VERSION_AT) >= 3
    return hasFeatures && ((start[QCOW2_FEATURES_END] ?? 0) & QCOW2_DATA_FILE) !== 0
  }
  if (magic === VMDK_MAGIC && start.length >= VMDK_CAPACITY_AT + 8)
    return start.readBigUInt64LE(VMDK_CAPACITY_AT) === 0n
  return VMDK_TEXT.test(start.toString('latin1'))
}

/**
 * The file, other than the disk's own, that a disk needs, by what `qemu-img info` says of it.
 *
 * @param path of the disk as qemu-img was given it
 */
export function neededPart(info: Readonly<Record<string, unknown>>, path: string): string | undefined {
  const data = asRecord(asRecord(info['format-specific'])['data'])
  const extents = Array.isArray(data['extents']) ? data['extents'].map((extent) => asRecord(extent)['filename']) : []
  const named = [info['backing-filename'], data['data-file'], ...extents]
  return named.find((name): name is string => typeof name === 'string' && name !== path)
}

function asRecord(value: unknown): JsonObject {
  return isJsonObject(value) ? value : {}
}
