import { chmod, mkdir, readdir, realpath, rm, stat } from 'node:fs/promises'
import { basename, dirname, join, relative, resolve } from 'node:path'
import { DescriptionError } from '../errors.ts'
import { putText } from '../oci/store/file.ts'
import { copyFolder, isWithin } from './copy.ts'
import type { Description } from './description.ts'
import { type DescriptionEdits, rewrittenDocuments } from './rewrite.ts'

/**
 * Makes the copy of a description that KIWI builds the plain raw disk from. The user's files are only read.
 *
 * The main file keeps its name where KIWI would find it by itself, else it is `config.xml`, and so is the YAML form.
 * Included files from outside come along.
 *
 * @param into a folder that does not exist or is empty
 * @returns the folder to hand to KIWI, absolute
 * @throws DescriptionError with all links that lead nowhere or in a circle, and all devices, sockets and pipes
 */
export async function stageDescription(
  description: Description,
  into: string,
  edits: DescriptionEdits = {},
): Promise<string> {
  const folder = resolve(into)
  await mkdir(folder, { recursive: true })
  const problems = await copyFolder(description.folder, folder, {
    overlays: ['root', ...description.profiles.map((profile) => profile.name)],
    // Where the description is a whole repository: nothing in it is for KIWI, and each commit changes it.
    leftOut: [join(description.folder, '.git'), ...(edits.leaveOut ?? [])],
  })
  if (problems.length > 0) throw new DescriptionError(problems)
  const paths = await stagedPaths(description, folder)
  for (const [file, text] of rewrittenDocuments(description, edits, paths)) {
    await replaceFile(join(folder, paths.get(file) ?? basename(file)), text, (await stat(file)).mode & 0o7777)
  }
  return folder
}

/** Where the staged copy has each document, from its folder. */
async function stagedPaths(description: Description, folder: string): Promise<ReadonlyMap<string, string>> {
  const [main, ...included] = description.documents.map((document) => document.file)
  const paths = new Map<string, string>()
  if (main !== undefined) paths.set(main, await mainPath(description, folder))
  for (const [index, file] of included.entries()) {
    const path = relative(description.folder, file)
    const isInside = isWithin(file, description.folder) && (await isInStage(join(folder, path), folder))
    paths.set(file, isInside ? path : `kiwi-oci-include-${index + 1}.xml`)
  }
  return paths
}

/** KIWI looks for config.xml, image/config.xml and the first *.kiwi (kiwi/tasks/base.py `load_xml_description`). */
async function mainPath(description: Description, folder: string): Promise<string> {
  const name = basename(description.file)
  if (name === 'config.xml') return name
  const kiwiNames = (await readdir(folder)).filter((entry) => entry.endsWith('.kiwi')).sort()
  const rivals = await Promise.all(['config.xml', 'image/config.xml'].map((path) => exists(join(folder, path))))
  if (kiwiNames[0] === name && !rivals.includes(true)) return name
  await rm(join(folder, name), { force: true })
  return 'config.xml'
}

async function exists(path: string): Promise<boolean> {
  return stat(path).then(
    () => true,
    () => false,
  )
}

/** Whether a path of the copy stays in it: what leaves the folder through a link has been replaced by a copy. */
async function isInStage(path: string, folder: string): Promise<boolean> {
  const parent = await realpath(dirname(path)).catch(() => undefined)
  return parent !== undefined && isWithin(parent, await realpath(folder))
}

/** The copy may be a link to another file of the copy, which has to stay as it is. */
async function replaceFile(path: string, text: string, mode: number): Promise<void> {
  await rm(path, { force: true })
  await putText(path, text, { mode })
  await chmod(path, mode)
}
