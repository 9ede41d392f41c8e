import { ImageError, RegistryError } from '../../errors.ts'
import { type BaseImage, checkedLayers } from '../baseimage.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Digest } from '../digest.ts'
import { layerContent } from '../store/content.ts'
import { tarItems } from '../tar/tarreader.ts'
import { streamSource } from '../tar/tarsource.ts'
import { type DiskPlace, type LayerMarks, layerMarks, placeProblem } from './diskplace.ts'

/**
 * Reads every layer of a base once and makes sure that the disk can go on it.
 *
 * @throws ImageError when a layer is no tar, or not the one that the base's config names; RegistryError when there is
 *   something already where the disk goes, or what is no base of a containerDisk; AbortError after `signal`
 */
export async function checkBase(base: BaseImage, place: DiskPlace, signal?: AbortSignal): Promise<void> {
  const subject = `the base ${base.name}`
  const read = new Map<Digest, ReadLayer>()
  const marks: LayerMarks[] = []
  for (const [at, layer] of checkedLayers(base, base.config).entries()) {
    const { diffID, marks: own } = read.get(layer.digest) ?? (await readLayer(base, layer, place, signal))
    const wanted = base.config.rootfs.diff_ids[at]
    if (diffID !== wanted) {
      throw new ImageError('image-layer', subject, [
        `its layer ${at + 1} holds the diff ID ${diffID}, its config says ${wanted}`,
      ])
    }
    read.set(layer.digest, { diffID, marks: own })
    marks.push(own)
  }
  const problem = placeProblem(marks, place)
  if (problem !== undefined)
    throw new RegistryError('registry-unfit', `${subject} ${problem}`, { side: 'base', reference: base.name })
}

interface ReadLayer {
  readonly diffID: Digest
  readonly marks: LayerMarks
}

async function readLayer(
  base: BaseImage,
  layer: Descriptor,
  place: DiskPlace,
  signal: AbortSignal | undefined,
): Promise<ReadLayer> {
  const file = base.blobs.get(layer.digest)
  if (file === undefined)
    throw new ImageError('image-damaged', `the base ${base.name}`, [`its layer ${layer.digest} was not fetched`])
  let marks: LayerMarks | undefined
  const { violations, diffID } = await layerContent(file, layer, signal, async (tar) => {
    marks = await layerMarks(tarItems(streamSource(tar)), place)
  })
  if (violations.length === 0 && diffID !== undefined && marks !== undefined) return { diffID, marks }
  throw new ImageError(
    'image-layer',
    `the base ${base.name}`,
    violations.map((violation) => `its layer ${layer.digest} ${violation}`),
  )
}
