import { execFile } from 'node:child_process'
import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { promisify } from 'node:util'

const run = promisify(execFile)

/** An image as it came back from a registry, read without the product. */
export interface Pulled {
  readonly manifest: {
    readonly annotations: Record<string, string>
    readonly layers: readonly { readonly mediaType: string; readonly digest: string; readonly size: number }[]
  }
  readonly config: {
    readonly architecture: string
    readonly config: Record<string, unknown>
    readonly history: readonly unknown[]
    readonly rootfs: { readonly diff_ids: readonly string[] }
  }
  /** Names in the last layer, with mode, owner and size as tar lists them. */
  readonly listing: readonly string[]
  /** The disk, taken out of the last layer. */
  readonly disk: string
}

/**
 * Pulls with skopeo into a folder and takes the disk out with tar.
 *
 * @param architecture that to take of an index; the machine's where left out
 */
export async function pull(reference: string, folder: string, architecture?: string): Promise<Pulled> {
  const image = join(folder, 'pulled')
  const chosen = architecture === undefined ? [] : ['--override-arch', architecture]
  const copy = ['copy', '--quiet', '--src-tls-verify=false', `docker://${reference}`, `dir:${image}`]
  await run('skopeo', [...chosen, ...copy])
  const read = async (name: string) => JSON.parse(await readFile(join(image, name), 'utf8'))
  const manifest = await read('manifest.json')
  const config = await read(manifest.config.digest.slice('sha256:'.length))
  const layer = join(image, manifest.layers.at(-1).digest.slice('sha256:'.length))
  const { stdout } = await run('tar', ['--numeric-owner', '-tvf', layer])
  const out = join(folder, 'out')
  await mkdir(out)
  await run('tar', ['-xf', layer, '-C', out])
  const [disk = ''] = await readdir(join(out, 'disk'))
  return { manifest, config, listing: stdout.trim().split('\n'), disk: join(out, 'disk', disk) }
}
