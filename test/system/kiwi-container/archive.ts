import { execFile } from 'node:child_process'
import { mkdir, mkdtemp, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'

export type Json = Readonly<Record<string, unknown>>

/** An image in an archive, as others read it: by tar and JSON. */
export interface ArchivedImage extends AsyncDisposable {
  /** The entries of index.json, or of manifest.json in docker's archive. */
  readonly entries: readonly Json[]
  /** OCI's, with its layers; docker's archive has none. */
  readonly manifest?: Json
  readonly config: Json
  /** What the topmost layer holds beside folders, without a leading slash. */
  readonly files: readonly string[]
  /** The folders it holds, as they are called there, but for the root. */
  readonly folders: readonly string[]
  /** The first of the files, on this machine. */
  readonly disk: string
}

interface Documents extends Pick<ArchivedImage, 'entries' | 'manifest' | 'config'> {
  /** The topmost layer, from the folder of the archive. */
  readonly layer: string
}

type Reader = (name: string) => Promise<unknown>

const run = promisify(execFile)

export async function readArchive(file: string): Promise<ArchivedImage> {
  const folder = await mkdtemp(join(tmpdir(), 'archive-'))
  await run('tar', ['-C', folder, '-xf', file])
  const read = async (name: string): Promise<unknown> => JSON.parse(await readFile(join(folder, name), 'utf8'))
  const { layer, ...documents } = file.endsWith('.docker.tar') ? await readDocker(read) : await readOci(read)
  const { stdout } = await run('tar', ['-tf', join(folder, layer)])
  const names = stdout.split('\n').map((name) => name.replace(/^(\.?\/)+/, ''))
  const root = join(folder, 'root')
  await mkdir(root)
  await run('tar', ['-C', root, '-xf', join(folder, layer)])
  const files = names.filter((name) => name !== '' && name !== '.' && !name.endsWith('/'))
  const folders = names.filter((name) => name.endsWith('/'))
  const disk = join(root, files[0] ?? '')
  return { ...documents, files, folders, disk, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

async function readOci(read: Reader): Promise<Documents> {
  const { manifests } = (await read('index.json')) as { manifests: readonly { digest: string }[] }
  const blob = (digest: string) => `blobs/${digest.replace(':', '/')}`
  const manifest = (await read(blob(manifests[0]?.digest ?? ''))) as {
    config: { digest: string }
    layers: readonly { digest: string }[]
  }
  const config = (await read(blob(manifest.config.digest))) as Json
  const entries = manifests as readonly object[] as readonly Json[]
  return { entries, manifest: { ...manifest }, config, layer: blob(manifest.layers.at(-1)?.digest ?? '') }
}

async function readDocker(read: Reader): Promise<Documents> {
  const entries = (await read('manifest.json')) as readonly { Config: string; Layers: readonly string[] }[]
  const [image] = entries
  const config = (await read(image?.Config ?? '')) as Json
  return { entries: entries.map((entry) => ({ ...entry })), config, layer: image?.Layers.at(-1) ?? '' }
}
