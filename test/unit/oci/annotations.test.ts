import { describe, expect, it } from 'vitest'
import { annotationsFor, type LevelledAnnotation, parseAnnotation } from '../../../src/oci/annotations.ts'

const AMD64 = { os: 'linux', architecture: 'amd64' }
const ARM64 = { os: 'linux', architecture: 'arm64' }

describe('parseAnnotation', () => {
  it.each<[string, readonly LevelledAnnotation[]]>([
    ['a=b', [{ levels: ['manifest'], key: 'a', value: 'b' }]],
    ['a=', [{ levels: ['manifest'], key: 'a', value: '' }]],
    ['a=b=c:d', [{ levels: ['manifest'], key: 'a', value: 'b=c:d' }]],
    ['index:a=b', [{ levels: ['index'], key: 'a', value: 'b' }]],
    ['index:a:b=c', [{ levels: ['index'], key: 'a:b', value: 'c' }]],
    ['manifest,index:a=b', [{ levels: ['manifest', 'index'], key: 'a', value: 'b' }]],
    ['manifest, manifest : a = b', [{ levels: ['manifest'], key: 'a', value: ' b' }]],
    [
      'manifest-descriptor,index-descriptor:a=b',
      [{ levels: ['manifest-descriptor', 'index-descriptor'], key: 'a', value: 'b' }],
    ],
    ['manifest[linux/amd64]:a=b', [{ levels: ['manifest'], platform: AMD64, key: 'a', value: 'b' }]],
    [
      'manifest[linux/arm64/v8],manifest-descriptor[linux/arm64/v8]:a=b',
      [{ levels: ['manifest', 'manifest-descriptor'], platform: { ...ARM64, variant: 'v8' }, key: 'a', value: 'b' }],
    ],
    [
      'manifest[linux/amd64],index:a=b',
      [
        { levels: ['manifest'], platform: AMD64, key: 'a', value: 'b' },
        { levels: ['index'], key: 'a', value: 'b' },
      ],
    ],
    ['manifest:disktype=x', [{ levels: ['manifest'], key: 'disktype', value: 'x' }]],
  ])("reads %j as docker's tools do", (text, annotations) => {
    expect(parseAnnotation(text)).toEqual(annotations)
  })

  it.each([
    ['a', 'is no annotation: write KEY=VALUE'],
    ['=b', 'is no annotation'],
    ['index:=b', 'is no annotation'],
    ['layer:a=b', "'layer' is no level of annotations"],
    [':a=b', "'' is no level of annotations"],
    ['manifest,:a=b', "'' is no level of annotations"],
    ['Manifest:a=b', "'Manifest' is no level of annotations"],
    ['manifest[]:a=b', "'' is no platform"],
    ['manifest[linux]:a=b', "'linux' is no platform"],
    ['manifest[linux/amd64:a=b', "'manifest[linux/amd64' is no level"],
    ['index[linux/amd64]:a=b', 'an index is for all platforms: write index without [linux/amd64]'],
    ['index-descriptor[linux/amd64]:a=b', 'an index is for all platforms'],
    ['manifest-descriptor:disktype=qemu', 'disktype at manifest-descriptor is not free'],
    ['manifest,index-descriptor:disktype=qemu', 'disktype at index-descriptor is not free'],
    [
      'manifest-descriptor[linux/amd64]:io.github.containers.compression.zstd=true',
      'io.github.containers.compression.zstd at manifest-descriptor is not free',
    ],
  ])('refuses %j in one line', (text, reason) => {
    const problem = parseAnnotation(text)
    expect(problem).toEqual(expect.stringContaining(reason))
    expect(problem).toMatch(/^'.*$/)
  })
})

describe('annotationsFor', () => {
  const all = ['a=1', 'manifest,index:b=2', 'manifest[linux/arm64]:a=3', 'manifest:c=4', 'manifest:c=5'].flatMap(
    (text) => {
      const parsed = parseAnnotation(text)
      return typeof parsed === 'string' ? [] : parsed
    },
  )

  it('takes those of the level, the last of a key', () => {
    expect(annotationsFor(all, 'manifest')).toEqual({ a: '1', b: '2', c: '5' })
    expect(annotationsFor(all, 'index')).toEqual({ b: '2' })
    expect(annotationsFor(all, 'manifest-descriptor')).toEqual({})
  })

  it('takes one for the platform before one for all, wherever it stands', () => {
    expect(annotationsFor([...all].reverse(), 'manifest', ARM64)['a']).toBe('3')
    expect(annotationsFor(all, 'manifest', AMD64)['a']).toBe('1')
  })

  it.each([
    { ...ARM64, variant: 'v8' },
    { ...ARM64, architecture: 'aarch64' },
  ])('knows a platform by its other names: $architecture $variant', (platform) => {
    expect(annotationsFor(all, 'manifest', platform)['a']).toBe('3')
  })
})
