import { expect, it } from 'vitest'
import { planLines } from '../../../src/plan/lines.ts'
import { described, typeOf } from './described.ts'
import { planOf, type Texts } from './request.ts'

async function linesOf(type: string, texts: Texts = {}) {
  await using here = await described(type)
  const source = 'disk' in texts ? { disk: here.disk } : { description: here.folder }
  return planLines(await planOf({ ...texts, ...source })).slice('disk' in texts ? 1 : 2)
}

it('say what of the description stands in for inputs', async () => {
  const type = typeOf('oci:raw', '<containerconfig name="ghcr.io/acme/app"/>')
  expect(await linesOf(type)).toEqual([
    'Image: raw disk (format of config.xml:8) at /disk/tiny.x86_64-1.2.3.raw for linux/amd64, layer gzip',
    'Base: scratch (default)',
    'Would push to: ghcr.io/acme/app:latest (name of config.xml:8)',
    'Export to: oci-archive:tiny.x86_64-1.2.3.oci.tar (format of config.xml:8)',
  ])
})

it('say nothing of where inputs come from', async () => {
  const texts = { tags: 'ghcr.io/a/b:1', push: 'true', export: 'oci:x', format: 'qcow2' }
  expect(await linesOf(typeOf('oci:raw'), texts)).toEqual([
    'Image: qcow2 disk (input format) at /disk/tiny.x86_64-1.2.3.qcow2 for linux/amd64, layer gzip',
    'Base: scratch (default)',
    'Push to: ghcr.io/a/b:1',
    'Export to: oci:x',
  ])
})

it('say where a disk goes that has no description', async () => {
  expect(await linesOf(typeOf('raw'), { disk: '' })).toEqual([
    'Image: qcow2 disk (default) at /disk/my.disk.qcow2 for linux/amd64, layer gzip',
    'Base: scratch (default)',
  ])
})
