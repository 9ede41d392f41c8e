import { cp, readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'
import { describeError } from '../../../src/errors.ts'
import { digestOf } from '../../../src/oci/digest.ts'
import { pushImage } from '../../../src/registry/target/push.ts'
import type { Source } from '../../../src/registry/target/staging.ts'
import { manifestAt } from '../../support/pushed.ts'
import { startRegistry, testAccess } from '../../support/registry.ts'
import { contentOf } from './foldercontent.ts'
import { usedBytes } from './fullplace.ts'
import { type SmallDisks, smallDisks } from './smalldisks.ts'

/** A registry whose storage becomes too small. */
export interface FullRegistry extends AsyncDisposable {
  /** What the second image takes at most. */
  readonly needBytes: number
  /**
   * Pushes the second image over the first.
   *
   * @param roomBytes beside the first
   * @returns what is wrong then, and how it ended
   */
  tryPush(roomBytes: number): Promise<{ readonly wrong: readonly string[]; readonly how: string }>
}

/** @param folder for a copy of the storage */
export async function fullRegistry(folder: string, first: Source, second: Source): Promise<FullRegistry> {
  const disks = await smallDisks(['storage'])
  const storage = disks.seen('storage')
  const registry = await startRegistry({ storage })
  const target = `${registry.address}/full/disk`
  await push(first, target)
  const heldBytes = usedBytes(storage)
  await cp(storage, folder, { recursive: true })
  await push(second, target)
  const needBytes = usedBytes(storage) - heldBytes
  return {
    needBytes,
    tryPush: async (roomBytes) => {
      await restore(disks, storage, folder)
      await disks.resize('storage', usedBytes(storage) + roomBytes)
      const failure = await push(second, target)
      const carried = await carriedBy(target, storage)
      const wanted = failure === undefined ? second.descriptor.digest : first.descriptor.digest
      const told = failure === undefined || (failure.includes(target) && /space|disk may be full/.test(failure))
      return {
        wrong: [
          ...carried.wrong,
          ...(carried.digest === wanted ? [] : [`the tag carries ${carried.digest} after ${failure ?? 'a success'}`]),
          ...(told && !failure?.includes('\n') ? [] : [`says: ${failure}`]),
        ],
        how: failure === undefined ? 'done' : 'told',
      }
    },
    [Symbol.asyncDispose]: async () => {
      await registry.stop()
      await disks[Symbol.asyncDispose]()
    },
  }
}

async function restore(disks: SmallDisks, storage: string, folder: string): Promise<void> {
  await disks.resize('storage')
  for (const name of await readdir(storage)) await rm(join(storage, name), { recursive: true })
  await cp(folder, storage, { recursive: true })
}

/** @returns the one line of the failure, undefined after a success */
async function push(source: Source, target: string): Promise<string | undefined> {
  await using access = await testAccess()
  try {
    await pushImage(source, [`${target}:1`], access)
    return undefined
  } catch (error) {
    return describeError(error).message
  }
}

/** Read from the registry itself, and its blobs from its storage. */
async function carriedBy(target: string, storage: string) {
  const bytes = await manifestAt(target, '1')
  const wrong: string[] = []
  const { config, layers } = JSON.parse(bytes?.toString() ?? '{"layers":[]}')
  const content = await contentOf(join(storage, 'docker/registry/v2/blobs/sha256'))
  for (const { digest } of [config, ...layers].filter(Boolean)) {
    const hex = digest.replace('sha256:', '')
    if (content.get(join(hex.slice(0, 2), hex, 'data')) !== hex)
      wrong.push(`the blob ${digest} of the tag is not whole`)
  }
  return { digest: bytes === undefined ? 'nothing' : digestOf(bytes), wrong }
}
