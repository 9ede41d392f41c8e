import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/oci/digest.ts'
import { makeBase } from '../../support/base.ts'
import { startRegistry } from '../../support/registry.ts'
import { asRoot, runAsRoot } from '../../support/root.ts'
import { digestAt, type Exporting, exporting, NAMES, sourceOf } from './exporting.ts'

let here: Exporting
beforeEach(async () => {
  here = await exporting()
})
afterEach(() => here[Symbol.asyncDispose]())

/** A storage needs root, or a user namespace, which not every machine gives its users. */
async function rootsSkopeo(): Promise<Readonly<Record<string, string>>> {
  const [program, args] = asRoot('/usr/bin/skopeo')
  const bin = join(here.folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'skopeo'), `#!/bin/sh\nexec ${[program, ...args].join(' ')} "$@"\n`, { mode: 0o755 })
  const { environment } = here.access
  return { ...environment, PATH: `${bin}:${environment['PATH']}` }
}

describe('a containers-storage: export', () => {
  it.each(['gzip', 'zstd'] as const)('keeps the digest with %s layers, under every name', async (compression) => {
    await using base = await makeBase('one', compression)
    const environment = await rootsSkopeo()
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
