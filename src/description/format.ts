import { nearestWord } from '../spelling.ts'

/** Formats of a disk that an image can hold (kiwi/schema/kiwi.rnc `k.type.format.attribute`), in the order to name them. */
const DISK_FORMATS = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhd', 'vhdx', 'vhd-fixed', 'gce', 'ova'] as const

/** What comes before the first colon (kiwi/schema/kiwi.rnc `oci_format_type`), and the archive that KIWI then writes. */
const CONTAINERS = { oci: 'oci-archive', docker: 'docker-archive' } as const

/** What comes after the second colon: what skopeo writes to (skopeo-copy(1), containers-transports(5)). */
const TRANSPORTS = [
  'oci',
  'oci-archive',
  'docker-archive',
  'dir',
  'docker-daemon',
  'containers-storage',
  'docker',
] as const

export type DescribedDiskFormat = (typeof DISK_FORMATS)[number]
export type ContainerTransport = (typeof TRANSPORTS)[number]

/** A format as the description writes it, or what is wrong with it. */
export type FormatReading =
  | {
      readonly kind: 'written'
      readonly diskFormat: DescribedDiskFormat
      /** What the image goes into; not of a plain format, which names none. */
      readonly archive?: ContainerTransport
    }
  /** KIWI knows it and we do not write it. */
  | { readonly kind: 'foreign'; readonly problem: string }
  | { readonly kind: 'unknown'; readonly problem: string }

/**
 * Reads the attribute `format` of a type: `FMT`, KIWI's `oci:FMT` and `docker:FMT`, and `oci:FMT:TRANSPORT`, which came
 * before these and which KIWI no longer takes.
 */
export function formatReading(text: string): FormatReading {
  // White space around it is none of an xsd:token (XML Schema part 2 section 3.3.2).
  const words = text.trim().split(':')
  const [first = '', second = '', third = ''] = words
  const refused = (reason: string): FormatReading => {
    return { kind: 'unknown', problem: `format="${text}" is not known: ${reason}` }
  }
  if (words.length === 1) return plainReading(first, refused)
  if (!isContainer(first)) {
    const nearest = nearestWord(first, Object.keys(CONTAINERS)) ?? 'oci'
    const example = `${nearest}:${isOneOf(DISK_FORMATS, second) ? second : 'qcow2'}`
    return refused(`"${first}" is neither oci nor docker: write ${example}`)
  }
  if (!isOneOf(DISK_FORMATS, second)) return refused(advice('disk format', DISK_FORMATS, second))
  if (words.length === 2) return { kind: 'written', diskFormat: second, archive: CONTAINERS[first] }
  if (words.length > 3) return refused(`it has ${words.length} parts: write oci:${second}:TRANSPORT at most`)
  if (!isOneOf(TRANSPORTS, third)) return refused(advice('transport', TRANSPORTS, third))
  if (first !== 'oci') return refused(`three parts begin with oci: write oci:${second}:${third}`)
  return { kind: 'written', diskFormat: second, archive: third }
}

function plainReading(word: string, refused: (reason: string) => FormatReading): FormatReading {
  if (isOneOf(DISK_FORMATS, word)) return { kind: 'written', diskFormat: word }
  if (isContainer(word)) return refused(`the disk format is missing: write ${word}:qcow2`)
  if (word !== 'vagrant') return refused(advice('disk format', DISK_FORMATS, word))
  const text = `format="vagrant" is a box that only KIWI itself makes: write ${listed(DISK_FORMATS)}, or set the input format`
  return { kind: 'foreign', problem: text }
}

function advice(kind: string, known: readonly string[], wrong: string): string {
  const nearest = nearestWord(wrong, known)
  const guess = nearest === undefined ? '' : `did you mean ${nearest}? `
  return `${guess}"${wrong}" is no ${kind}: write ${listed(known)}`
}

function listed(words: readonly string[]): string {
  return `${words.slice(0, -1).join(', ')} or ${words.at(-1)}`
}

function isContainer(text: string): text is keyof typeof CONTAINERS {
  return Object.hasOwn(CONTAINERS, text)
}

function isOneOf<T extends string>(words: readonly T[], text: string): text is T {
  return words.some((word) => word === text)
}
