const PORT = /^([0-9]{1,5})(?:\/(tcp|udp|sctp))?$/

/** Why a text names no port, as a part of a sentence; undefined when it does. */
export function portProblem(text: string): string | undefined {
  const number = Number(PORT.exec(text)?.[1] ?? Number.NaN)
  if (number >= 1 && number <= 65535) return undefined
  return `${JSON.stringify(text)} is not a port: write 1 to 65535, with /tcp or /udp after it where it matters`
}

/** The port with its protocol, as docker writes its key of ExposedPorts; image-spec config.md: tcp where none is written. */
export function portKey(text: string): string {
  const [, number = text, protocol = 'tcp'] = PORT.exec(text) ?? []
  return `${Number(number) || number}/${protocol}`
}
