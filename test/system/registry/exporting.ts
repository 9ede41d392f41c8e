import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import type { ContainerName } from '../../../src/oci/container/containername.ts'
import { type Digest, digestOf } from '../../../src/oci/digest.ts'
import { blobPath } from '../../../src/oci/store/layout.ts'
import type { Access } from '../../../src/registry/access.ts'
import { type ExportSource, exportImage } from '../../../src/registry/target/export.ts'
import { parseDestination } from '../../../src/registry/transport.ts'
import type { Base } from '../../support/base.ts'
import { type TestAccess, testAccess } from '../../support/registry.ts'
import { asRoot } from '../../support/root.ts'

export interface Exporting extends AsyncDisposable {
  /** An empty folder of the test. */
  readonly folder: string
  readonly access: TestAccess
  /** Writes an image where the text says; a path's `@` stands for the folder. */
  write(text: string | readonly string[], source: ExportSource, changes?: Partial<Access>): Promise<void>
}

/** What a test of exports starts from. */
export async function exporting(): Promise<Exporting> {
  const folder = await mkdtemp(join(tmpdir(), 'export-'))
  const access = await testAccess()
  return {
    folder,
    access,
    write: async (text, source, changes) => {
      const destinations = [text].flat().map((each) => {
        const destination = parseDestination(each.replace(':@/', `:${folder}/`))
        if ('problem' in destination) throw new Error(destination.problem)
        return destination
      })
      await exportImage(source, destinations, { ...access, ...changes })
    },
    [Symbol.asyncDispose]: async () => {
      await access[Symbol.asyncDispose]()
      await rm(folder, { recursive: true, force: true })
    },
  }
}

/** An image of a base's layout as the product hands it to an export. */
export async function sourceOf(
  image: Base,
  { name = 'amd64', names = [] }: { name?: 'amd64' | 'arm64'; names?: readonly ContainerName[] } = {},
): Promise<ExportSource> {
  const digest = image.digests[name] as Digest
  const { length: size } = await readFile(blobPath(image.layout, digest))
  const mediaType = 'application/vnd.oci.image.manifest.v1+json'
  const platform = { os: 'linux', architecture: name }
  return { layout: image.layout, descriptor: { mediaType, digest, size, platform }, names }
}

export const NAMES: readonly ContainerName[] = [
  { repository: 'acme/x', tag: '1.0' },
  { repository: 'acme/x', tag: 'latest' },
  { repository: 'other', tag: '2' },
]

/** What skopeo finds there. */
export async function digestAt(name: string): Promise<string> {
  const { stdout } = await promisify(execFile)('skopeo', ['inspect', '--raw', '--tls-verify=false', name], {
    encoding: 'buffer',
  })
  return digestOf(stdout)
}

export interface Entry {
  readonly digest: string
  readonly platform?: object
  readonly annotations?: Readonly<Record<string, string>>
}

export const REF_NAME = 'org.opencontainers.image.ref.name'

export function entriesIn(index: string): readonly Entry[] {
  return JSON.parse(index).manifests
}

/** An environment with skopeo as root: a storage needs that, or a user namespace, which not every machine gives its users. */
export async function rootsSkopeo({ folder, access }: Exporting): Promise<Readonly<Record<string, string>>> {
  const [program, args] = asRoot('/usr/bin/skopeo')
  const bin = join(folder, 'bin')
  await mkdir(bin)
  await writeFile(join(bin, 'skopeo'), `#!/bin/sh\nexec ${[program, ...args].join(' ')} "$@"\n`, { mode: 0o755 })
  return { ...access.environment, PATH: `${bin}:${access.environment['PATH']}` }
}
