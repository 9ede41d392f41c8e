import { expect, it } from 'vitest'
import { HostError } from '../../../src/errors.ts'
import { layerContent } from '../../../src/oci/store/content.ts'
import { layoutOf } from './samplelayout.ts'

it('what fails beside the layer is no violation of it', async () => {
  await using layout = await layoutOf()
  for (const layer of [layout.gzip, layout.zstd, layout.plain]) {
    const fail = async () => {
      throw new HostError('host-space', 'no room', 'make some')
    }
    const reading = layerContent(layout.file(layer.digest), layer, undefined, fail)
    await expect(reading).rejects.toThrow('no room: make some')
  }
})
