import { symlink } from 'node:fs/promises'
import { join, resolve } from 'node:path'
import { runCommand } from '../../command.ts'
import { CommandError, lacksSpace, RegistryError, spaceError } from '../../errors.ts'
import { isUnpackingError, unpackFile } from '../../oci/packing/packing.ts'
import { makeFolder } from '../../oci/store/folder.ts'
import type { Access } from '../access.ts'
import { saveImage } from '../engine.ts'
import { folderName, type ImageName } from '../transport.ts'
import { type ArchiveKind, archiveAt } from './archivekind.ts'
import { archiveName, archiveProblem, findBase, type PackedBase } from './basefile.ts'
import { parseBase, publishedName } from './basename.ts'

/** A base that skopeo can read now. */
export interface OpenBase {
  readonly name: ImageName
  /** As the user wrote it, for messages. */
  readonly text: string
  /** For the annotation base.name: what others can make something of. */
  readonly publishedName: string
}

const PROGRAMS = { xz: 'xz', bzip2: 'bzip2' } as const

/**
 * Makes a base ready to be read: a packed archive is unpacked, once, for skopeo would do so at every question, and docker's
 * engine is asked for its image.
 *
 * @param text what the user wrote, found good by the plan
 * @param folder of this job, not there yet, for what is unpacked
 * @throws RegistryError when it is gone, no container or broken; HostError when the engine does not answer or the disk is
 *   full; CommandError when the program to unpack it is missing
 */
export async function openBase(text: string, folder: string, access: Access): Promise<OpenBase | 'scratch'> {
  const parsed = parseBase(text)
  if (parsed === 'scratch') return parsed
  const found = 'problem' in parsed ? parsed : await findBase(parsed, text)
  if ('problem' in found) throw refused(text, found.problem)
  if ('packing' in found) {
    const { kind: wanted, path, image } = found
    const unpacked = await unpackArchive(found, text, await newFolder(folder), access)
    const kind = await kindOf(unpacked, text, wanted)
    const published = publishedName(archiveName(kind, path, image))
    return { name: archiveName(kind, unpacked, image), text, publishedName: published }
  }
  const published = publishedName(found.name)
  if (found.name.transport !== 'docker-daemon') return { name: found.name, text, publishedName: published }
  const saved = await saveArchive(found.name.path, text, await newFolder(folder), access)
  return { name: archiveName(await kindOf(saved, text), saved), text, publishedName: published }
}

async function newFolder(folder: string): Promise<string> {
  // skopeo takes a colon in the folder for the end of the path.
  folderName('dir', folder)
  await makeFolder(folder)
  return folder
}

async function kindOf(path: string, text: string, wanted?: ArchiveKind): Promise<ArchiveKind> {
  const archive = await archiveAt(path)
  const problem = archiveProblem(archive, text, wanted)
  if (problem !== undefined) throw refused(text, problem.problem)
  const kind = wanted ?? archive.kinds?.[0]
  if (kind === undefined || archive.packing !== undefined)
    throw refused(text, `'${text}' is packed twice: unpack it once`)
  return kind
}

/** From docker's engine, which skopeo of older distributions does not reach. @returns the archive */
async function saveArchive(name: string, text: string, folder: string, access: Access): Promise<string> {
  const target = join(folder, 'base.tar')
  const refusal = await saveImage(name, target, access)
  if (refusal !== undefined) {
    const message = `the base ${text} cannot be read: docker's daemon says ${refusal.reason}`
    throw new RegistryError(refusal.isMissing ? 'registry-missing' : 'registry-engine', message, {
      side: 'base',
      reference: text,
    })
  }
  return target
}

async function unpackArchive(packed: PackedBase, text: string, folder: string, access: Access): Promise<string> {
  const { packing, path } = packed
  const target = join(folder, 'base.tar')
  const { signal } = access
  access.report.info(`Unpacks the base ${text}`)
  try {
    if (packing === 'gzip' || packing === 'zstd') await unpackFile(path, packing, target, signal)
    else {
      const program = PROGRAMS[packing]
      // Both programs take the name of what they write from what they read, and --force reads through a link.
      const link = `${target}.${packing === 'xz' ? 'xz' : 'bz2'}`
      await symlink(resolve(path), link)
      await runCommand(program, ['--decompress', '--keep', '--force', link], signal === undefined ? {} : { signal })
    }
  } catch (error) {
    const reason = lacksSpace(error) ? undefined : brokenReason(error)
    if (reason === undefined) throw spaceError(error, folder)
    throw refused(text, `the base ${text} cannot be unpacked: ${reason}`)
  }
  return target
}

/** What is the archive's fault; all else is the machine's or the user's. */
function brokenReason(error: unknown): string | undefined {
  if (error instanceof CommandError && error.outcome.kind === 'exit') return error.lastLines.at(-1) ?? error.message
  return isUnpackingError(error) ? error.message : undefined
}

function refused(text: string, message: string): RegistryError {
  return new RegistryError('registry-archive', message, { side: 'base', reference: text })
}
