import { describe, expect, it } from 'vitest'
import {
  DISK_TYPES,
  isArtifactKind,
  isDiskType,
  isMachineArchitecture,
  KINDS,
  machineArchitecture,
} from '../../../src/oci/kind.ts'

describe('kinds', () => {
  it('are images, or artifacts where no container comes of them', () => {
    expect(KINDS.filter(isArtifactKind)).toEqual(['podman-machine', 'artifact'])
  })
})

describe('disk types', () => {
  it('are known by their names alone', () => {
    expect(DISK_TYPES.filter(isDiskType)).toEqual(DISK_TYPES)
    expect(['', 'wsl', 'QEMU'].filter(isDiskType)).toEqual([])
  })
})

describe('machineArchitecture', () => {
  it("is the kernel's name of what podman machine runs", () => {
    expect(machineArchitecture({ os: 'linux', architecture: 'amd64' })).toBe('x86_64')
    expect(machineArchitecture({ os: 'linux', architecture: 'arm64', variant: 'v8' })).toBe('aarch64')
  })

  it.each([
    { os: 'linux', architecture: 'riscv64' },
    { os: 'windows', architecture: 'amd64' },
    { os: 'linux', architecture: 'x86_64' },
  ])('is none for $os/$architecture', (platform) => {
    expect(machineArchitecture(platform)).toBeUndefined()
  })

  it('is never a name of Go', () => {
    expect(['x86_64', 'aarch64', 'amd64', 'arm64', 'arm'].filter(isMachineArchitecture)).toEqual(['x86_64', 'aarch64'])
  })
})
