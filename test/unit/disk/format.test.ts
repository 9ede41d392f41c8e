import { expect, it } from 'vitest'
import { isDiskFormat } from '../../../src/disk/format.ts'

it.each([
  ['qcow2', true],
  ['raw', true],
  ['vmdk', false],
  ['toString', false],
])('%s is a format of a disk: %s', (text, expected) => {
  expect(isDiskFormat(text)).toBe(expected)
})
