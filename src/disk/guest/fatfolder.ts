import { chainStart, type FatVolume } from './fat.ts'

/** A file or a folder in a folder of a FAT file system. */
export interface FatEntry {
  /** The short one in capitals, and the long one where it has one, as it is written. */
  readonly names: readonly string[]
  readonly isFolder: boolean
  readonly cluster: number
  readonly sizeBytes: number
}

/** "FAT32 File System Specification" 1.03, section 6: no folder is larger. */
const MOST_BYTES = 1 << 21
const ENTRY_BYTES = 32
const END = 0x00
const DELETED = 0xe5
const FOLDER = 0x10
const VOLUME_LABEL = 0x08
/** Of an entry that holds a piece of a long name; section 7. */
const LONG_NAME = 0x0f
const LAST_PIECE = 0x40
/** Where the characters of a piece stand. */
const PIECE_RANGES = [
  [1, 11],
  [14, 26],
  [28, 32],
] as const

/** @returns undefined where it cannot be read, or has no end */
export async function rootFolder(volume: FatVolume): Promise<readonly FatEntry[] | undefined> {
  const { root, bytes } = volume
  if ('cluster' in root) return folderAt(volume, root.cluster)
  const content = await bytes.read(root.offset, root.length)
  return content && entriesOf(content, volume)
}

/** @returns undefined where it cannot be read, or has no end */
export async function folderAt(volume: FatVolume, cluster: number): Promise<readonly FatEntry[] | undefined> {
  const content = await chainStart(volume, cluster, MOST_BYTES + 1)
  return content === undefined || content.length > MOST_BYTES ? undefined : entriesOf(content, volume)
}

function entriesOf(content: Buffer, { bits }: FatVolume): readonly FatEntry[] {
  const entries: FatEntry[] = []
  let pieces: Buffer[] = []
  for (let at = 0; at + ENTRY_BYTES <= content.length; at += ENTRY_BYTES) {
    const entry = content.subarray(at, at + ENTRY_BYTES)
    const [first, attributes] = [entry.readUInt8(0), entry.readUInt8(11)]
    if (first === END) break
    if (first === DELETED) {
      pieces = []
      continue
    }
    if ((attributes & 0x3f) === LONG_NAME) {
      pieces = (first & LAST_PIECE) === 0 ? [...pieces.slice(-19), entry] : [entry]
      continue
    }
    if ((attributes & VOLUME_LABEL) === 0) {
      const long = longName(pieces, entry)
      const high = bits === 32 ? entry.readUInt16LE(20) : 0
      entries.push({
        names: [shortName(entry), ...(long === undefined ? [] : [long])],
        isFolder: (attributes & FOLDER) !== 0,
        cluster: high * 0x10000 + entry.readUInt16LE(26),
        sizeBytes: entry.readUInt32LE(28),
      })
    }
    pieces = []
  }
  return entries
}

function shortName(entry: Buffer): string {
  const [stem, extension] = [entry.toString('latin1', 0, 8), entry.toString('latin1', 8, 11)].map((part) =>
    part.trimEnd(),
  )
  return extension === '' ? `${stem}` : `${stem}.${extension}`
}

/** @param pieces as they stand before the entry, the name's end first; of another entry where one in between was lost */
function longName(pieces: readonly Buffer[], entry: Buffer): string | undefined {
  const sum = shortNameSum(entry)
  const isWhole = pieces.every(
    (piece, index) => (piece.readUInt8(0) & 0x1f) === pieces.length - index && piece.readUInt8(13) === sum,
  )
  if (!isWhole || pieces.length === 0) return undefined
  const text = pieces
    .toReversed()
    .flatMap((piece) => PIECE_RANGES.map(([start, end]) => piece.toString('utf16le', start, end)))
    .join('')
  const end = text.indexOf('\0')
  return end === -1 ? text : text.slice(0, end)
}

/** Section 7.2, "ChkSum". */
function shortNameSum(entry: Buffer): number {
  return entry.subarray(0, 11).reduce((sum, byte) => (((sum & 1) << 7) + (sum >> 1) + byte) & 0xff, 0)
}
