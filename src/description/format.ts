/** Formats that the image can hold, in the order to name them. */
const WRITTEN = ['qcow2', 'raw'] as const

/** Words for `format` that KIWI knows (kiwi/schema/kiwi.rnc), `raw` among them: it is what KIWI makes without one. */
const KNOWN = ['gce', 'ova', 'qcow2', 'raw', 'vagrant', 'vdi', 'vhd', 'vhd-fixed', 'vhdx', 'vmdk'] as const

/** What comes before the colon of `oci:FMT` and `docker:FMT`. */
const TRANSPORTS = ['oci', 'docker'] as const

/** A format as the description writes it, or what is wrong with it. */
export type FormatReading =
  | { readonly kind: 'written'; readonly diskFormat: string }
  /** KIWI knows it and we do not write it. */
  | { readonly kind: 'foreign'; readonly problem: string }
  | { readonly kind: 'unknown'; readonly problem: string }

/** Reads the attribute `format` of a type: `FMT`, `oci:FMT` or `docker:FMT`. */
export function formatReading(text: string): FormatReading {
  const separator = text.indexOf(':')
  const transport = separator === -1 ? undefined : text.slice(0, separator)
  const diskFormat = text.slice(separator + 1)
  const isTransport = transport === undefined || isOneOf(TRANSPORTS, transport)
  // KIWI's schema has no container of a Vagrant box.
  if (!isTransport || !isOneOf(KNOWN, diskFormat) || (transport !== undefined && diskFormat === 'vagrant')) {
    return { kind: 'unknown', problem: `format="${text}" is not known: write ${alternatives()}` }
  }
  if (isOneOf(WRITTEN, diskFormat)) return { kind: 'written', diskFormat }
  return {
    kind: 'foreign',
    problem: `format="${text}" is KIWI's, but this version writes ${WRITTEN.join(' or ')}: set the input format`,
  }
}

function alternatives(): string {
  const prefixed = TRANSPORTS.flatMap((transport) => WRITTEN.map((format) => `${transport}:${format}`))
  return [...WRITTEN, ...prefixed].join(', ')
}

function isOneOf<T extends string>(words: readonly T[], text: string): text is T {
  return words.some((word) => word === text)
}
