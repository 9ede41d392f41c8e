import type { Platform } from './platform.ts'

/**
 * Who an image can be made for: any container runtime; KubeVirt and CDI (a containerDisk); `podman machine init` since
 * podman 5; what takes a disk as a file (oras, podman artifact, composefs, KubeVirt's image volumes); podman 4.9.
 */
export const KINDS = ['container', 'kubevirt', 'podman-machine', 'artifact', 'podman-machine-4'] as const

export type Kind = (typeof KINDS)[number]

/**
 * What runs podman's machine: QEMU on Linux, Apple's frameworks on macOS, Hyper-V on Windows. podman's own words, in the
 * annotation `disktype`; pkg/machine/define/vmtype.go.
 */
export const DISK_TYPES = ['qemu', 'applehv', 'hyperv'] as const

export type DiskType = (typeof DISK_TYPES)[number]

export type MachineArchitecture = 'x86_64' | 'aarch64'

/** podman looks for the kernel's names in the index, not for Go's: pkg/machine/ocipull/ociartifact.go. */
const MACHINE_ARCHITECTURES: ReadonlyMap<string, MachineArchitecture> = new Map([
  ['amd64', 'x86_64'],
  ['arm64', 'aarch64'],
])

export function isDiskType(text: string): text is DiskType {
  return (DISK_TYPES as readonly string[]).includes(text)
}

/** Whether what is made for it is an artifact, and no image with the config of a container. */
export function isArtifactKind(kind: Kind): boolean {
  return kind === 'artifact' || kind === 'podman-machine'
}

/** What podman machine calls the architecture; undefined where it runs none. */
export function machineArchitecture({ os, architecture }: Platform): MachineArchitecture | undefined {
  return os === 'linux' ? MACHINE_ARCHITECTURES.get(architecture) : undefined
}

/** Whether an architecture in an index is one of podman machine's, which no container runtime calls so. */
export function isMachineArchitecture(architecture: string): architecture is MachineArchitecture {
  return [...MACHINE_ARCHITECTURES.values()].some((name) => name === architecture)
}
