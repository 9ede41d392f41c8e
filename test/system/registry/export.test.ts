import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { digestOf } from '../../../src/oci/digest.ts'
import { blobPath } from '../../../src/oci/layout.ts'
import { type ExportSource, exportImage } from '../../../src/registry/export.ts'
import { parseDestination } from '../../../src/registry/transport.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'
import { asRoot, runAsRoot } from '../../support/root.ts'

let base: Base
let zstd: Base
let access: TestAccess
let folder: string

beforeAll(async () => {
  base = await makeBase()
  zstd = await makeBase('one', 'zstd')
})

afterAll(async () => {
  await base?.[Symbol.asyncDispose]()
  await zstd?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  access = await testAccess()
  folder = await mkdtemp(join(tmpdir(), 'export-'))
})

afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

async function sourceOf(image: Base, name: 'amd64' | 'arm64' = 'amd64'): Promise<ExportSource> {
  const digest = image.digests[name] as ExportSource['digest']
  const { length: size } = await readFile(blobPath(image.layout, digest))
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const platform = { os: 'linux', architecture: name }
  return { layout: image.layout, reference: name, digest, descriptor: { mediaType, digest, size, platform } }
}

async function write(text: string, source?: ExportSource): Promise<void> {
  const destination = parseDestination(text)
  if ('problem' in destination) throw new Error(destination.problem)
  await exportImage(source ?? (await sourceOf(base)), destination, access)
}

async function digestAt(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('skopeo', ['inspect', '--raw', '--tls-verify=false', name], {
    encoding: 'buffer',
  })
  return digestOf(stdout)
}

interface Entry {
  readonly digest: string
  readonly platform?: object
  readonly annotations?: Readonly<Record<string, string>>
}

async function entriesOf(layout: string): Promise<readonly Entry[]> {
  return JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')).manifests
}

const REF_NAME = 'org.opencontainers.image.ref.name'

describe('an oci: export', () => {
  it('keeps the digest and has platform and name in its index', async () => {
    await write(`oci:${folder}/image:latest`)
    expect(await digestAt(`oci:${folder}/image:latest`)).toBe(base.digests.amd64)
    expect(await entriesOf(`${folder}/image`)).toEqual([
      expect.objectContaining({
        digest: base.digests.amd64,
        platform: { os: 'linux', architecture: 'amd64' },
        annotations: { [REF_NAME]: 'latest' },
      }),
    ])
    await promisify(execFile)('skopeo', ['copy', '--quiet', `oci:${folder}/image:latest`, `dir:${folder}/whole`])
  })

  it('keeps the other images of a layout that is there, and its own members', async () => {
    const layout = join(folder, 'theirs')
    await cp(base.layout, layout, { recursive: true })
    const index = JSON.parse(await readFile(join(layout, 'index.json'), 'utf8'))
    await writeFile(join(layout, 'index.json'), JSON.stringify({ ...index, annotations: { theirs: 'yes' } }))
    await using other = await makeBase('two')
    await write(`oci:${layout}:new`, await sourceOf(other))
    expect(await digestAt(`oci:${layout}:new`)).toBe(other.digests.amd64)
    expect(await digestAt(`oci:${layout}:arm64`)).toBe(base.digests.arm64)
    expect(JSON.parse(await readFile(join(layout, 'index.json'), 'utf8')).annotations).toEqual({ theirs: 'yes' })
  })

  it('replaces what had the same name', async () => {
    await using other = await makeBase('two')
    await write(`oci:${folder}/image:latest`)
    await write(`oci:${folder}/image:latest`, await sourceOf(other))
    expect((await entriesOf(`${folder}/image`)).map(({ digest }) => digest)).toEqual([other.digests.amd64])
  })

  it('puts nameless images of two platforms side by side', async () => {
    await write(`oci:${folder}/image`)
    await write(`oci:${folder}/image`)
    await write(`oci:${folder}/image`, await sourceOf(base, 'arm64'))
    expect((await entriesOf(`${folder}/image`)).map(({ digest }) => digest)).toEqual([
      base.digests.amd64,
      base.digests.arm64,
    ])
  })

  it('mends a damaged blob of the layout', async () => {
    await write(`oci:${folder}/image:a`)
    const path = blobPath(`${folder}/image`, base.layers[0] as `sha256:${string}`)
    await rm(path)
    await writeFile(path, 'damaged')
    await write(`oci:${folder}/image:b`)
    expect(digestOf(await readFile(path))).toBe(base.layers[0])
  })

  it('leaves a folder alone that is no layout', async () => {
    await mkdir(join(folder, 'mine'))
    await writeFile(join(folder, 'mine', 'thesis.txt'), '')
    await expect(write(`oci:${folder}/mine:x`)).rejects.toThrow(
      /holds something else than an OCI layout: export to an empty folder/,
    )
    expect(await readdir(join(folder, 'mine'))).toEqual(['thesis.txt'])
  })
})

describe('an export by skopeo', () => {
  it.each(['dir:FOLDER/image', 'oci-archive:FOLDER/image.tar:x'])('keeps the digest in %s', async (text) => {
    const name = text.replaceAll('FOLDER', folder)
    await write(name)
    expect(await digestAt(name)).toBe(base.digests.amd64)
  })

  it('keeps the digest in containers-storage:', async () => {
    const name = `containers-storage:[vfs@${folder}/data+${folder}/run]localhost/x:1`
    // A storage needs root, or a user namespace, which not every machine gives its users.
    const [program, args] = asRoot('/usr/bin/skopeo')
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'skopeo'), `#!/bin/sh\nexec ${[program, ...args].join(' ')} "$@"\n`, { mode: 0o755 })
    access = { ...access, environment: { ...access.environment, PATH: `${bin}:${access.environment['PATH']}` } }
    await write(name)
    expect(digestOf(Buffer.from(await runAsRoot('/usr/bin/skopeo', 'inspect', '--raw', name)))).toBe(base.digests.amd64)
    await runAsRoot('rm', '-rf', join(folder, 'data'), join(folder, 'run'))
  })

  it('pushes to docker:// and reads back', async () => {
    await using registry = await startRegistry()
    await write(`docker://${registry.address}/x:1`)
    expect(await digestAt(`docker://${registry.address}/x:1`)).toBe(base.digests.amd64)
  })

  it('replaces an archive that is there, and leaves no temporary file', async () => {
    await writeFile(join(folder, 'image.tar'), 'old')
    await write(`docker-archive:${folder}/image.tar:localhost/x:1`)
    expect(await readdir(folder)).toEqual(['image.tar'])
    await digestAt(`docker-archive:${folder}/image.tar`)
  })

  it('keeps the old archive when the new one fails', async () => {
    await writeFile(join(folder, 'image.tar'), 'old')
    await expect(write(`docker-archive:${folder}/image.tar`, await sourceOf(zstd))).rejects.toMatchObject({
      name: 'RegistryError',
      message: `the image cannot be written to docker-archive:${folder}/image.tar: Docker's own format takes no zstd layers: set compression to gzip, or choose an oci: or oci-archive: destination`,
    })
    expect(await readdir(folder)).toEqual(['image.tar'])
    expect(await readFile(join(folder, 'image.tar'), 'utf8')).toBe('old')
  })

  it("says that docker's daemon does not answer", async () => {
    access = { ...access, environment: { ...access.environment, DOCKER_HOST: `unix://${folder}/absent.sock` } }
    await expect(write('docker-daemon:localhost/x:1')).rejects.toThrow(
      /^the image cannot be written to docker-daemon:localhost\/x:1: docker's daemon does not answer/,
    )
  })
})
