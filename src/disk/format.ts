/** The formats a disk can have in an image; `extension` is what its file's name ends with. */
export const DISK_FORMATS = {
  // Clusters of 64 KiB are what every QEMU since 1.1 makes and reads.
  qcow2: { extension: 'qcow2', options: ['-o', 'compat=1.1,cluster_size=65536,lazy_refcounts=off'] },
  raw: { extension: 'raw', options: [] },
} as const satisfies Readonly<Record<string, { readonly extension: string; readonly options: readonly string[] }>>

export type DiskFormat = keyof typeof DISK_FORMATS

export function isDiskFormat(text: string): text is DiskFormat {
  return Object.hasOwn(DISK_FORMATS, text)
}
