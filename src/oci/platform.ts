/** Go's names of operating system and architecture; image-spec image-index.md, "platform". */
export interface Platform {
  readonly os: string
  readonly architecture: string
  readonly variant?: string
}

/** GOOS and GOARCH of `go tool dist list`, Go 1.25, and those of `internal/syslist` that containers are made for. */
const SYSTEMS: ReadonlySet<string> = new Set(
  'aix android darwin dragonfly freebsd illumos ios js linux netbsd openbsd plan9 solaris wasip1 windows'.split(' '),
)
const ARCHITECTURES: ReadonlySet<string> = new Set(
  '386 amd64 arm arm64 loong64 mips mips64 mips64le mipsle ppc64 ppc64le riscv64 s390x wasm'.split(' '),
)

/** What `uname -m` and distributions say, in Go's words; containerd platforms/database.go. */
const OTHER_NAMES: ReadonlyMap<string, Omit<Platform, 'os'>> = new Map([
  ['x86_64', { architecture: 'amd64' }],
  ['x86-64', { architecture: 'amd64' }],
  ['aarch64', { architecture: 'arm64' }],
  ['i386', { architecture: '386' }],
  ['i686', { architecture: '386' }],
  ['armhf', { architecture: 'arm', variant: 'v7' }],
  ['armel', { architecture: 'arm', variant: 'v6' }],
])

/** What Node calls an architecture, where it is not Go's name for it; the rest is the same. */
const NODE_NAMES: ReadonlyMap<string, string> = new Map([
  ['x64', 'amd64'],
  ['ia32', '386'],
  // Node runs on little-endian POWER only.
  ['ppc64', 'ppc64le'],
  ['mipsel', 'mipsle'],
])

const VARIANTS: ReadonlyMap<string, RegExp> = new Map([
  ['amd64', /^v[1-4]$/],
  ['arm', /^v[5-8]$/],
  ['arm64', /^v(8|8\.[1-9]|9|9\.[0-5])$/],
])
const ANY_VARIANT = /^[a-z0-9][a-z0-9._-]*$/

/** From what runs on most machines of an architecture down; what a machine that names no variant may still take. */
const DEFAULT_VARIANTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['v1']],
  ['arm', ['v7', 'v6', 'v5']],
  ['arm64', ['v8']],
])
/** Each runs what follows it; c/image internal/pkg/platform/platform_matcher.go, containerd platforms/compare.go. */
const DESCENDING_VARIANTS: ReadonlyMap<string, readonly string[]> = new Map([
  ['amd64', ['v4', 'v3', 'v2', 'v1']],
  ['arm', ['v8', 'v7', 'v6', 'v5']],
])

/**
 * The platform that `os/architecture[/variant]` names; `x86_64` and the like become Go's names.
 *
 * @returns undefined when system, architecture or variant is not known
 */
export function parsePlatform(text: string): Platform | undefined {
  const [os = '', name = '', variant, ...rest] = text.split('/')
  const { architecture, variant: impliedVariant } = OTHER_NAMES.get(name) ?? { architecture: name }
  if (rest.length > 0 || !SYSTEMS.has(os) || !ARCHITECTURES.has(architecture)) return undefined
  const given = variant ?? impliedVariant
  if (given === undefined) return { os, architecture }
  return (VARIANTS.get(architecture) ?? ANY_VARIANT).test(given) ? { os, architecture, variant: given } : undefined
}

/** `os/architecture[/variant]` */
export function platformText(platform: Platform): string {
  const { os, architecture, variant } = platform
  return [os, architecture, ...(variant ? [variant] : [])].join('/')
}

/**
 * One text for a platform, however it is written: with Go's name, and without the variant that every machine of the
 * architecture has; containerd platforms/database.go, which takes `x86_64` for `amd64` and `arm64/v8` for `arm64` too.
 */
export function platformKey({ os, architecture: name, variant: given }: Platform): string {
  const { architecture, variant: implied } = OTHER_NAMES.get(name) ?? { architecture: name }
  const variant = given || implied
  const isDefault = variant === undefined || variant === '' || variant === DEFAULT_VARIANTS.get(architecture)?.[0]
  return platformText({ os, architecture, ...(isDefault ? {} : { variant }) })
}

/** The platform of Linux on what Node calls `process.arch`. */
export function machinePlatform(nodeArch: string): Platform {
  if (nodeArch === 'arm') return { os: 'linux', architecture: 'arm', variant: 'v7' }
  return { os: 'linux', architecture: NODE_NAMES.get(nodeArch) ?? nodeArch }
}

/** Whether what is made for `offered` can be taken where `wanted` was asked for. */
export function platformMatches(offered: Platform, wanted: Platform): boolean {
  const sameKind = offered.os === wanted.os && offered.architecture === wanted.architecture
  return sameKind && acceptedVariants(wanted).includes(offered.variant ?? '')
}

/** Variants that can be taken where a platform was asked for, best first; '' stands for an entry that names none. */
export function acceptedVariants({ architecture, variant }: Platform): readonly string[] {
  const byDefault = DEFAULT_VARIANTS.get(architecture) ?? []
  if (!variant) return ['', ...byDefault]
  const descending = DESCENDING_VARIANTS.get(architecture) ?? []
  const from = descending.indexOf(variant)
  return [...(from < 0 ? [variant] : descending.slice(from)), '']
}
