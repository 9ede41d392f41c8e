const SECTOR_BYTES = 512
const KIBIBYTE = 1024
const MEBIBYTE = 1024 * KIBIBYTE
const GIBIBYTE = 1024 * MEBIBYTE

interface FormatDefinition {
  /** What the file's name ends with: KIWI's own (kiwi/storage/subformat, `get_target_file_path_for_format`). */
  readonly extension: string
  /** What qemu-img calls the format; of gce and ova, that of the disk in the archive. */
  readonly driver: string
  /** Options for qemu-img's `-o` that others can change. */
  readonly defaults: readonly string[]
  /** Options that nothing changes, since without them it would be another format. */
  readonly fixed: readonly string[]
  /** The virtual size is a whole number of these: a smaller disk gets zeros at its end. */
  readonly unitBytes: number
  /** Whether the file holds its content compressed. */
  readonly packed?: true
  /** Whether the file is as long as the disk, holes included. */
  readonly whole?: true
}

/** The formats a disk can have in an image, in the order to name them. */
export const DISK_FORMATS = {
  qcow2: {
    extension: 'qcow2',
    driver: 'qcow2',
    // Clusters of 64 KiB are what every QEMU since 1.1 makes and reads.
    defaults: ['compat=1.1', 'cluster_size=65536', 'lazy_refcounts=off'],
    fixed: [],
    unitBytes: SECTOR_BYTES,
  },
  raw: { extension: 'raw', driver: 'raw', defaults: [], fixed: [], unitBytes: SECTOR_BYTES, whole: true },
  // VMware, "Virtual Disk Format 5.0", SparseExtentHeader: the capacity should be a multiple of the grain size.
  vmdk: { extension: 'vmdk', driver: 'vmdk', defaults: [], fixed: [], unitBytes: 64 * KIBIBYTE },
  // VirtualBox rounds the last block by itself.
  vdi: { extension: 'vdi', driver: 'vdi', defaults: [], fixed: [], unitBytes: SECTOR_BYTES },
  // As KIWI, without force_size: QEMU block/vpc.c rounds up to whole cylinders, on which all readers of the format agree,
  // those that take the size from the geometry (Virtual PC, QEMU) and those that take "current size" (Hyper-V).
  vhd: { extension: 'vhd', driver: 'vpc', defaults: [], fixed: [], unitBytes: SECTOR_BYTES },
  // MS-VHDX 2.6.2.2 asks for whole sectors, which may be of 4 KiB; 7-Zip opens no others.
  vhdx: {
    extension: 'vhdx',
    driver: 'vhdx',
    defaults: [],
    fixed: ['subformat=dynamic'],
    unitBytes: 4 * KIBIBYTE,
  },
  // Azure takes fixed VHDs of whole MiB only, made with subformat=fixed,force_size (Microsoft Learn, "Create and upload a
  // generic Linux VHD", Resizing VHDs). KIWI leaves force_size to formatoptions, and so has sizes that Azure refuses.
  'vhd-fixed': {
    extension: 'vhdfixed',
    driver: 'vpc',
    defaults: ['force_size=on'],
    fixed: ['subformat=fixed'],
    unitBytes: MEBIBYTE,
    whole: true,
  },
  // Google Cloud, "Manually import boot disks": the size of disk.raw is a whole number of GB, of 2^30 bytes.
  gce: { extension: 'tar.gz', driver: 'raw', defaults: [], fixed: [], unitBytes: GIBIBYTE, packed: true },
  ova: {
    extension: 'ova',
    driver: 'vmdk',
    defaults: [],
    fixed: ['subformat=streamOptimized'],
    unitBytes: 64 * KIBIBYTE,
    packed: true,
  },
} as const satisfies Readonly<Record<string, FormatDefinition>>

export type DiskFormat = keyof typeof DISK_FORMATS

export const DISK_FORMAT_NAMES = Object.keys(DISK_FORMATS) as readonly DiskFormat[]

export function isDiskFormat(text: string): text is DiskFormat {
  return Object.hasOwn(DISK_FORMATS, text)
}

export function diskFormat(format: DiskFormat): FormatDefinition {
  return DISK_FORMATS[format]
}

/** The size in bytes that a disk of this many bytes has in the format; of vhd before QEMU rounds to its geometry. */
export function extendedSize(format: DiskFormat, sizeBytes: number): number {
  const { unitBytes } = diskFormat(format)
  return Math.ceil(sizeBytes / unitBytes) * unitBytes
}

/** Whether the bytes of a conversion are made by qemu-img's options: KIWI hands none to raw and gce. */
export function takesOptions(format: DiskFormat): boolean {
  return diskFormat(format).driver !== 'raw'
}
