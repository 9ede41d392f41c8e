import { describe, expect, it } from 'vitest'
import type { Descriptor } from '../../../src/oci/descriptor.ts'
import { matchingDescriptor } from '../../../src/oci/index/index.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import {
  machinePlatform,
  parsePlatform,
  platformKey,
  platformMatches,
  platformText,
} from '../../../src/oci/platform.ts'
import { sha256 } from './samplebase.ts'

const entry = (text: string | undefined): Descriptor => {
  const platform = text === undefined ? undefined : parsePlatform(text)
  return {
    mediaType: mediaTypes.manifest,
    digest: sha256(text ?? ''),
    size: 1,
    ...(platform === undefined ? {} : { platform }),
  }
}
const chosen = (offered: readonly (string | undefined)[], wanted: string) => {
  const match = matchingDescriptor(offered.map(entry), parsePlatform(wanted) ?? { os: '', architecture: '' })
  return match === undefined ? 'nothing' : match.platform && platformText(match.platform)
}

describe('parsePlatform', () => {
  it.each([
    ['linux/amd64', { os: 'linux', architecture: 'amd64' }],
    ['linux/x86_64', { os: 'linux', architecture: 'amd64' }],
    ['linux/aarch64', { os: 'linux', architecture: 'arm64' }],
    ['linux/arm64/v8', { os: 'linux', architecture: 'arm64', variant: 'v8' }],
    ['linux/armhf', { os: 'linux', architecture: 'arm', variant: 'v7' }],
    ['linux/s390x', { os: 'linux', architecture: 's390x' }],
  ])('reads %s', (text, platform) => {
    expect(parsePlatform(text)).toEqual(platform)
  })

  it.each([
    '',
    'linux',
    'amd64',
    'linux/',
    'linux/z80',
    'plan10/amd64',
    'linux/arm/v9',
    'linux/amd64/v5',
    'linux/amd64/',
    'linux/arm64/v8/x',
    'Linux/amd64',
  ])('does not know %j', (text) => {
    expect(parsePlatform(text)).toBeUndefined()
  })
})

describe('the machine', () => {
  it.each([
    ['x64', 'linux/amd64'],
    ['arm64', 'linux/arm64'],
    ['arm', 'linux/arm/v7'],
    ['s390x', 'linux/s390x'],
    ['ppc64', 'linux/ppc64le'],
    ['riscv64', 'linux/riscv64'],
  ])('that Node calls %s is %s', (node, platform) => {
    expect(platformText(machinePlatform(node))).toBe(platform)
  })
})

describe('matchingDescriptor', () => {
  it('takes the exact variant before lesser ones before none', () => {
    expect(chosen(['linux/arm', 'linux/arm/v6', 'linux/arm/v7'], 'linux/arm/v7')).toBe('linux/arm/v7')
    expect(chosen(['linux/arm', 'linux/arm/v6'], 'linux/arm/v7')).toBe('linux/arm/v6')
    expect(chosen(['linux/arm'], 'linux/arm/v7')).toBe('linux/arm')
  })

  it('takes no greater variant than the one asked for', () => {
    expect(chosen(['linux/arm/v7', 'linux/amd64/v3'], 'linux/arm/v6')).toBe('nothing')
    expect(chosen(['linux/amd64/v3'], 'linux/amd64')).toBe('nothing')
  })

  it('takes arm64 and arm64/v8 for one', () => {
    expect(chosen(['linux/arm64/v8'], 'linux/arm64')).toBe('linux/arm64/v8')
    expect(chosen(['linux/arm64'], 'linux/arm64/v8')).toBe('linux/arm64')
  })

  it('takes the first of equals', () => {
    const entries = [entry('linux/amd64'), { ...entry('linux/amd64'), digest: sha256('second') }]
    expect(matchingDescriptor(entries, { os: 'linux', architecture: 'amd64' })).toBe(entries[0])
  })

  it('takes an entry without platform only when nothing else is there', () => {
    expect(chosen([undefined, 'linux/amd64'], 'linux/amd64')).toBe('linux/amd64')
    expect(chosen([undefined, 'linux/amd64'], 'linux/s390x')).toBeUndefined()
  })

  it('finds nothing among other systems and architectures', () => {
    expect(chosen(['windows/amd64', 'linux/arm64'], 'linux/amd64')).toBe('nothing')
  })
})

describe('platformMatches', () => {
  it('holds for a base of a lesser variant, not for one of another architecture', () => {
    expect(
      platformMatches({ os: 'linux', architecture: 'arm', variant: 'v6' }, { os: 'linux', architecture: 'arm' }),
    ).toBe(true)
    expect(platformMatches({ os: 'linux', architecture: 'arm64' }, { os: 'linux', architecture: 'amd64' })).toBe(false)
  })
})

describe('platformKey', () => {
  it.each([
    ['linux/amd64', 'linux/amd64'],
    ['linux/amd64/v1', 'linux/amd64'],
    ['linux/amd64/v3', 'linux/amd64/v3'],
    ['linux/x86_64', 'linux/amd64'],
    ['linux/arm64/v8', 'linux/arm64'],
    ['linux/aarch64', 'linux/arm64'],
    ['linux/arm', 'linux/arm'],
    ['linux/arm/v7', 'linux/arm'],
    ['linux/arm/v6', 'linux/arm/v6'],
    ['linux/armhf', 'linux/arm'],
    ['windows/amd64', 'windows/amd64'],
  ])('says %s as %s', (text, normalized) => {
    const [os = '', architecture = '', variant] = text.split('/')
    const platform = { os, architecture, ...(variant === undefined ? {} : { variant }) }
    expect(platformKey(platform)).toBe(normalized)
  })
})
