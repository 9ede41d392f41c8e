import { expect, it } from 'vitest'
import { parseBuilt } from '../../../src/job/builttext.ts'
import type { Built } from '../../../src/job/result.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'
import { sha256 } from '../oci/samplebase.ts'

const digest = sha256('image')
const descriptor = { mediaType: mediaTypes.manifest, digest, size: 5, platform: { os: 'linux', architecture: 'amd64' } }
const disk = { path: '/disk/a.qcow2', format: 'qcow2', virtualSizeBytes: 1024, sizeBytes: 512 } as const
const BUILT: Built = {
  workFolder: '/tmp/kiwi-oci-x',
  layout: '/tmp/kiwi-oci-x/layout',
  reference: 'latest',
  digest,
  descriptor,
  disk: { ...disk, file: '/tmp/kiwi-oci-x/disk/a.qcow2' },
  layerSizeBytes: 100,
  children: [{ kind: 'container', digest, descriptor, disk, layerSizeBytes: 100 }],
  base: { name: 'ghcr.io/acme/base:1', digest },
  kiwi: { version: '11.1.6' },
  phases: [{ name: 'Wrap', seconds: 1.5 }],
}

it('what was built goes through JSON unchanged', () => {
  expect(parseBuilt(JSON.stringify(BUILT))).toEqual(BUILT)
})

it.each([
  ['a digest that leads elsewhere', { digest: 'sha256:../../../etc/shadow' }],
  ['a layout in the working folder', { layout: 'layout' }],
  ['an image of nothing', { children: [] }],
  ['a descriptor without size', { descriptor: { ...descriptor, size: -1 } }],
  ['a time that is none', { phases: [{ name: 'x', seconds: null }] }],
  ['a member that is unknown', { more: true }],
] as const)('what was built is not read with %s', (_, change) => {
  expect(() => parseBuilt(JSON.stringify({ ...BUILT, ...change }))).toThrow('input built: is not what the step before')
})
