const DEBIAN_ARCHITECTURES: Readonly<Record<string, string>> = {
  x86_64: 'amd64',
  aarch64: 'arm64',
  i586: 'i386',
  i686: 'i386',
  ix86: 'i386',
  armv7l: 'armhf',
  armv7hl: 'armhf',
  ppc64le: 'ppc64el',
}

/** Debian's name of an architecture, by KIWI's: `amd64` for `x86_64`. */
export function debianArchitecture(architecture: string): string {
  return DEBIAN_ARCHITECTURES[architecture] ?? architecture
}
