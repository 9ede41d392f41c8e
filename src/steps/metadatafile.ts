import { access, constants, lstat, stat } from 'node:fs/promises'
import { basename, dirname, resolve } from 'node:path'
import { HostError, InputError, type Problem } from '../errors.ts'
import { plannedDestinations } from '../job/publish.ts'
import { putFile } from '../oci/store/blob.ts'
import { putText } from '../oci/store/file.ts'
import type { Plan } from '../plan/plan.ts'
import { readFiles } from '../plan/readfiles.ts'
import { placeOfFile } from '../registry/target/sameplace.ts'

/** Why the file of `--metadata-file` cannot be one. */
export async function metadataProblems(metadataFile: string | undefined): Promise<readonly Problem[]> {
  if (metadataFile === undefined) return []
  const folder = dirname(resolve(metadataFile))
  const [writable, there] = await Promise.all([
    access(folder, constants.W_OK).then(
      () => true,
      () => false,
    ),
    stat(metadataFile).catch(() => undefined),
  ])
  const refuse = (text: string) => [{ where: '--metadata-file', text }]
  if (there?.isDirectory()) return refuse(`${metadataFile} is a folder: name a file`)
  return writable ? [] : refuse(`${folder} cannot be written: name a file in a folder that is there`)
}

/** @throws InputError where the metadata would be written over what the job reads or writes */
export async function checkMetadataPlace(metadataFile: string | undefined, plan: Plan): Promise<void> {
  if (metadataFile === undefined) return
  const exported = plannedDestinations(plan).flatMap((name) => ('path' in name ? [name.path] : []))
  const place = await placeOfFile(metadataFile)
  for (const path of [...readFiles(plan), ...exported]) {
    const taken = await placeOfFile(path)
    if (place !== taken && !place.startsWith(`${taken}/`)) continue
    throw new InputError([
      { where: '--metadata-file', text: `${metadataFile} would take the place of ${path}: name another` },
    ])
  }
}

/** @throws HostError: whoever reads an older one would take another image for this one */
export async function writeMetadata(file: string | undefined, content: string): Promise<void> {
  if (file === undefined) return
  try {
    const there = await lstat(file).catch(() => undefined)
    // A device, a pipe or a link is written to, and not replaced.
    if (there?.isFile() === false) return await putText(file, `${content}\n`)
    await putFile(dirname(file), basename(file), Buffer.from(`${content}\n`))
  } catch (error) {
    if (error instanceof HostError) throw error
    const { code = '' } = error as NodeJS.ErrnoException
    throw new HostError(
      'host-metadata',
      `${file} could not be written (${code})`,
      'the image is there: name another file',
    )
  }
}
