import { join } from 'node:path'
import { expect } from 'vitest'
import type { Place } from '../../process/support/cli.ts'
import { runAsRoot } from '../../support/root.ts'
import { pull } from './pulled.ts'

/** Flags for a push by digest to a repository of a registry without TLS. */
export function byDigest(repository: string): readonly string[] {
  return ['--push-by-digest', '--repository', repository, '--tls-verify=false']
}

/** Makes a disk that its partition table says is for arm64, in a place. @returns its file */
async function foreignDisk(here: Place): Promise<string> {
  const file = join(here.folder, 'foreign.raw')
  // Discoverable Partitions Specification: root of arm64.
  const script = 'label: gpt\\n,,B921B045-1DF0-41C3-AF44-4C6F280D3FAE\\n'
  await runAsRoot(
    'sh',
    '-ec',
    `truncate -s 16M ${file}; printf '${script}' | sfdisk --quiet ${file}; chmod 644 ${file}`,
  )
  return file
}

/**
 * Wraps a disk for arm64 as another image was for amd64, merges both under one tag, and pulls each platform by it.
 *
 * @param amd64 `REPOSITORY@DIGEST`
 * @returns the files of the disks that went in and came out for arm64, and the one that came out for amd64
 */
export async function mergedWithArm64(
  here: Place,
  amd64: string,
  kinds: readonly string[],
): Promise<{ readonly foreign: string; readonly arm64: string; readonly amd64: string }> {
  const repository = amd64.slice(0, amd64.indexOf('@'))
  const foreign = await foreignDisk(here)
  const flags = ['--base-image', 'scratch', ...kinds, ...byDigest(repository)]
  const refused = await here.run(['--disk', foreign, '--platform', 'linux/amd64', ...flags])
  expect(refused.stderr).toContain(`${foreign} is for arm64`)
  expect(refused.exitCode).toBe(2)
  const wrapped = await here.run(['--disk', foreign, '--platform', 'linux/arm64', ...flags])
  expect(wrapped.exitCode, wrapped.stderr).toBe(0)
  const images = [amd64, `${repository}@${wrapped.stdout.trim()}`].flatMap((image) => ['--images', image])
  const merged = await here.run(['merge', ...images, '--tags', `${repository}:1`, '--tls-verify=false'])
  expect(merged.exitCode, merged.stderr).toBe(0)
  const disks = await Promise.all(
    ['amd64', 'arm64'].map(async (architecture) => {
      const folder = join(here.folder, architecture)
      await runAsRoot('mkdir', folder)
      return (await pull(`${repository}:1`, folder, architecture)).disk
    }),
  )
  return { foreign, amd64: disks[0] ?? '', arm64: disks[1] ?? '' }
}
