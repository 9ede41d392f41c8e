import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/oci/digest.ts'
import { makeBase } from '../../support/base.ts'
import { startRegistry } from '../../support/registry.ts'
import { runAsRoot } from '../../support/root.ts'
import { digestAt, type Exporting, exporting, NAMES, rootsSkopeo, sourceOf } from './exporting.ts'

let here: Exporting
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

describe('a containers-storage: export', () => {
  it.each(['gzip', 'zstd'] as const)('keeps the digest with %s layers, under every name', async (compression) => {
    await using base = await makeBase('one', compression)
    const environment = await rootsSkopeo(here)
    const store = `[vfs@${here.folder}/data+${here.folder}/run]`
    try {
      await here.write(`containers-storage:${store}acme/x:1.0`, await sourceOf(base, { names: NAMES }), { environment })
      for (const name of ['docker.io/acme/x:1.0', 'docker.io/acme/x:latest', 'docker.io/library/other:2']) {
        const raw = await runAsRoot('/usr/bin/skopeo', 'inspect', '--raw', `containers-storage:${store}${name}`)
        expect(digestOf(Buffer.from(raw))).toBe(base.digests.amd64)
      }
    } finally {
      await runAsRoot('rm', '-rf', join(here.folder, 'data'), join(here.folder, 'run'))
    }
  })
})

describe('a docker:// export', () => {
  it('pushes and reads back', async () => {
    await using base = await makeBase()
    await using registry = await startRegistry()
    await here.write(`docker://${registry.address}/x:1`, await sourceOf(base))
    expect(await digestAt(`docker://${registry.address}/x:1`)).toBe(base.digests.amd64)
  })
})
