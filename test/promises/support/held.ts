import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { mkdtempDisposable, readFile, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { promisify } from 'node:util'
import { filesIn } from './damages.ts'

const run = promisify(execFile)
/** Files that are no blobs: their content is written anew by every export. */
const OTHERS = ['index.json', 'manifest.json', 'oci-layout', 'version']

/**
 * What a destination holds: the hash of every blob's content, made without the product; none where there is nothing.
 *
 * @param name as skopeo has it
 */
export async function heldDigests(name: string): Promise<readonly string[]> {
  const [transport = '', path = ''] = name.split(/:(.*)/s)
  await using place = await mkdtempDisposable(join(tmpdir(), 'held-'))
  if (transport === 'oci' || transport === 'dir') return await digestsBelow(path)
  if (transport === 'docker') {
    const copy = ['copy', '--quiet', '--src-tls-verify=false', '--dest-oci-accept-uncompressed-layers']
    const there = await run('skopeo', [...copy, name, `oci:${place.path}/copy`]).catch((error: { stderr?: string }) => {
      if (/manifest unknown|name unknown/.test(error.stderr ?? '')) return undefined
      throw error
    })
    return there === undefined ? [] : await digestsBelow(join(place.path, 'copy'))
  }
  const archive = path.split(':')[0] ?? ''
  if ((await stat(archive).catch(() => undefined)) === undefined) return []
  await run('tar', ['-C', place.path, '-xf', archive])
  return await digestsBelow(place.path)
}

async function digestsBelow(folder: string): Promise<readonly string[]> {
  const files = await filesIn(folder).catch(() => [])
  const blobs = files.filter((file) => !OTHERS.includes(basename(file)))
  return await Promise.all(
    blobs.map(async (file) =>
      createHash('sha256')
        .update(await readFile(join(folder, file)))
        .digest('hex'),
    ),
  )
}
