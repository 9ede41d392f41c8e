import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Merged, mergeImages } from '../../../src/job/merge.ts'
import { type Digest, digestOf } from '../../../src/oci/digest.ts'
import { resolveBase } from '../../../src/registry/base/base.ts'
import { fetchBase } from '../../../src/registry/base/fetch.ts'
import { openBase } from '../../../src/registry/base/openbase.ts'
import { prepareLogins } from '../../../src/registry/login/login.ts'
import { pushImage } from '../../../src/registry/target/push.ts'
import type { Source } from '../../../src/registry/target/staging.ts'
import { containerManifest, type Made, pushMade, tagMade } from '../../support/pushed.ts'
import type { TestAccess } from '../../support/registry.ts'
import type { Subject } from './faultcase.ts'

/** What all cases share. */
export interface Ground {
  /** The registry itself. */
  readonly registry: string
  /** Pushed by each push. */
  readonly source: Source
  /** Fetched by each fetch, in the repository `base` under the tag 1. */
  readonly baseDigest: string
}

/** What one case has prepared. */
export interface Scene {
  /** Its repository without the registry. */
  readonly repository: string
  /** What the tag 1 of it carries before, where it has one. */
  readonly before: Made
  /** Runs the product against a proxy. @returns what is wrong with what it gave */
  run(proxy: string, access: TestAccess): Promise<readonly string[]>
  /** What the tag carries after it went well: the digest, as far as it is known before. */
  after(proxy: string): Promise<string | undefined>
}

const AMD64 = { os: 'linux', architecture: 'amd64' }

/** @param name of the case, unlike all others */
export async function scene(subject: Subject, name: string, ground: Ground): Promise<Scene> {
  const before = containerManifest('amd64', `before ${name}`)
  const repository = subject === 'fetch' ? 'base' : name
  const here = { repository, before }
  if (subject === 'fetch') return { ...here, run: fetching(ground), after: async () => ground.baseDigest }
  const whole = `${ground.registry}/${repository}`
  await pushMade(before, whole)
  await tagMade(before, whole, '1')
  const old = async () => before.digest
  if (subject === 'login') return { ...here, run: loggingIn, after: old }
  if (subject === 'push') {
    const run = async (proxy: string, access: TestAccess) => {
      await pushImage(ground.source, [`${proxy}/${repository}:1`], access)
      return []
    }
    return { ...here, run, after: async () => ground.source.descriptor.digest }
  }
  const part = containerManifest('arm64', name)
  await pushMade(part, whole)
  let merged: Digest | undefined
  const run = async (proxy: string, access: TestAccess) => {
    const target = { registry: proxy, repository }
    const plan = {
      images: [{ ...target, digest: part.digest as Digest }],
      tags: [`${proxy}/${repository}:1`],
      repositories: [target],
      annotations: [],
      tlsVerify: false,
      installTools: false,
    }
    const workFolder = access.tmpFolder
    const onProgress = ({ digest }: Merged) => {
      merged = digest
    }
    await mergeImages({ plan, access, workFolder, onProgress })
    return []
  }
  return { ...here, run, after: async () => merged }
}

function fetching(ground: Ground): Scene['run'] {
  return async (proxy, access) => {
    const base = await openBase(`${proxy}/base:1`, join(access.tmpFolder, 'opened'), access)
    if (base === 'scratch') return ['it is no base']
    const resolved = await resolveBase(base, AMD64, access)
    const image = await fetchBase(resolved, join(access.tmpFolder, 'fetched'), undefined, access)
    const wrong = resolved.digest === ground.baseDigest ? [] : [`fetched ${resolved.digest}`]
    for (const [digest, file] of image.blobs) {
      if (digestOf(await readFile(file)) !== digest) wrong.push(`${digest} is damaged`)
    }
    return image.blobs.size === 2 ? wrong : [...wrong, `${image.blobs.size} layers came`]
  }
}

async function loggingIn(proxy: string, access: TestAccess): Promise<readonly string[]> {
  const login = { registry: proxy, username: 'me', password: 'hunter2' }
  const file = await prepareLogins({ folder: access.tmpFolder, files: [], registries: [proxy], login }, access)
  return file === undefined ? ['no login'] : []
}
