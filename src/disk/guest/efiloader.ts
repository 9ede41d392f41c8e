import { chainStart, type FatVolume, fatVolume } from './fat.ts'
import { type FatEntry, folderAt, rootFolder } from './fatfolder.ts'
import type { GuestDisk } from './guestdisk.ts'

/** What firmware of an architecture starts from a disk that it knows nothing of. */
export interface EfiLoader {
  /** `EFI/BOOT/BOOTX64.EFI` */
  readonly path: string
  /** Go's name of the firmware's architecture. */
  readonly architecture: string
}

/** UEFI specification 2.10, section 3.5.1.1: the names, and the PE machine types of their files. */
const LOADERS = [
  { name: 'BOOTX64.EFI', machine: 0x8664, architecture: 'amd64' },
  { name: 'BOOTIA32.EFI', machine: 0x014c, architecture: '386' },
  { name: 'BOOTAA64.EFI', machine: 0xaa64, architecture: 'arm64' },
  { name: 'BOOTARM.EFI', machine: 0x01c2, architecture: 'arm' },
  { name: 'BOOTRISCV64.EFI', machine: 0x5064, architecture: 'riscv64' },
  { name: 'BOOTLOONGARCH64.EFI', machine: 0x6264, architecture: 'loong64' },
]

const FOLDERS = ['EFI', 'BOOT']
/** Loaders have their PE header within the first 4 KiB, behind a DOS program or what another loader wants to see. */
const MOST_START_BYTES = 64 * 1024
/** "PE Format" of Microsoft Learn: where the header stands, and its machine type behind the signature. */
const HEADER_PLACE_AT = 0x3c
const PE_SIGNATURE = 'PE\0\0'

/**
 * The loaders in the place where firmware looks for them in an EFI system partition.
 *
 * @returns none where there is no FAT file system, or none that can be read; without those that are no program for what
 *   their name says
 */
export async function efiLoaders(partition: GuestDisk): Promise<readonly EfiLoader[]> {
  const volume = await fatVolume(partition)
  if (volume === undefined) return []
  let entries = (await rootFolder(volume)) ?? []
  for (const name of FOLDERS) {
    const folder = entries.find((entry) => entry.isFolder && isCalled(entry, name))
    entries = (folder && (await folderAt(volume, folder.cluster))) ?? []
  }
  const found: EfiLoader[] = []
  for (const { name, machine, architecture } of LOADERS) {
    const file = entries.find((entry) => !entry.isFolder && isCalled(entry, name))
    if (file === undefined || (await peMachine(volume, file)) !== machine) continue
    found.push({ path: [...FOLDERS, name].join('/'), architecture })
  }
  return found
}

function isCalled({ names }: FatEntry, name: string): boolean {
  return names.some((other) => other.toUpperCase() === name)
}

async function peMachine(volume: FatVolume, { cluster, sizeBytes }: FatEntry): Promise<number | undefined> {
  const start = (await chainStart(volume, cluster, MOST_START_BYTES))?.subarray(0, sizeBytes)
  if (start === undefined || start.length < HEADER_PLACE_AT + 4 || start.toString('latin1', 0, 2) !== 'MZ') {
    return undefined
  }
  const header = start.subarray(start.readUInt32LE(HEADER_PLACE_AT))
  if (header.length < 6 || header.toString('latin1', 0, 4) !== PE_SIGNATURE) return undefined
  return header.readUInt16LE(4)
}
