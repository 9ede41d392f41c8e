import { expect, it } from 'vitest'
import { DISK_FORMATS, extendedSize, isDiskFormat } from '../../../src/disk/format.ts'

it.each([
  ['qcow2', true],
  ['raw', true],
  ['vhd-fixed', true],
  ['vhdfixed', false],
  ['vagrant', false],
  ['toString', false],
])('%s is a format of a disk: %s', (text, expected) => {
  expect(isDiskFormat(text)).toBe(expected)
})

it("names end with KIWI's own words for the formats", () => {
  const names = Object.entries(DISK_FORMATS).map(([format, { extension }]) => `${format}: ${extension}`)
  expect(names).toEqual([
    'qcow2: qcow2',
    'raw: raw',
    'vmdk: vmdk',
    'vdi: vdi',
    'vhd: vhd',
    'vhdx: vhdx',
    'vhd-fixed: vhdfixed',
    'gce: tar.gz',
    'ova: ova',
  ])
})

it.each([
  ['raw', 512, 512],
  ['vhdx', 512, 4096],
  ['vmdk', 65_536, 65_536],
  ['vmdk', 65_537, 131_072],
  ['vhd-fixed', 512, 1_048_576],
  ['vhd-fixed', 3_145_728, 3_145_728],
  ['gce', 1_073_741_824, 1_073_741_824],
  ['gce', 1_073_742_336, 2_147_483_648],
] as const)('%s of %d bytes has %d', (format, sizeBytes, expected) => {
  expect(extendedSize(format, sizeBytes)).toBe(expected)
})
