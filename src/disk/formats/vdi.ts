import { open } from 'node:fs/promises'
import { contentHash, guidBytes, uuidBytes } from '../contentid.ts'
import { writeAt } from '../filebytes.ts'

/** QEMU block/vdi.c `VdiHeader`: `uuid_image`, and behind it `uuid_last_snap`. */
const UUID_AT = 0x188
const UUID_BYTES = 16

/** Replaces the two random ids that qemu-img puts into a VDI by ids of its content: VirtualBox keeps disks apart by them. */
export async function stampVdi(path: string, signal?: AbortSignal): Promise<void> {
  await using file = await open(path, 'r+')
  const masked = [{ offset: UUID_AT, length: 2 * UUID_BYTES }]
  const hash = await contentHash(path, 0, masked, signal)
  const ids = ['vdi image', 'vdi snapshot'].map((purpose) => guidBytes(uuidBytes(hash, purpose)))
  await writeAt(file, UUID_AT, Buffer.concat(ids))
}
