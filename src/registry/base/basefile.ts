import { constants } from 'node:fs'
import { access, stat } from 'node:fs/promises'
import { join } from 'node:path'
import type { Packing } from '../../oci/packing/packing.ts'
import type { ImageName, NameProblem } from '../transport.ts'
import { type Archive, type ArchiveKind, archiveAt } from './archivekind.ts'
import type { BaseName } from './basename.ts'

/** A base as it lies on this machine or elsewhere, after a look at it. */
export type FoundBase = ReadyBase | PackedBase

export interface ReadyBase {
  readonly name: ImageName
}

/** An archive to unpack before skopeo reads it: of itself it does not unpack all of them, and each of them several times. */
export interface PackedBase {
  readonly packing: Packing
  readonly path: string
  /** As it was named; undefined where only the content tells. */
  readonly kind?: ArchiveKind
  /** One image in it. */
  readonly image?: string
}

/**
 * Looks at what a base's name leads to, as far as that is on this machine.
 *
 * @param text what the user wrote, for the problem
 * @returns the problem where there is nothing, or something else than a container
 */
export async function findBase(name: BaseName, text: string): Promise<FoundBase | NameProblem> {
  switch (name.transport) {
    case 'docker':
      return (await mistakenFile(text)) ?? { name }
    case 'docker-daemon':
    case 'containers-storage':
      return { name }
    case 'oci':
      return (await folderProblem(name.path, text, 'oci')) ?? { name }
    case 'oci-archive':
    case 'docker-archive':
      return await archiveBase(name.path, text, name.transport, name.name)
    case 'dir':
    case 'path':
      return await baseAtPath(name.path, text)
  }
}

/** `base.oci.tar` is a reference as well: whoever has such a file means the file. */
async function mistakenFile(text: string): Promise<NameProblem | undefined> {
  if (!(await stat(text).catch(() => undefined))?.isFile()) return undefined
  return {
    problem: `'${text}' is the name of a file and of a reference: write file:${text} for the file, docker://${text} for the reference`,
  }
}

/** KIWI's `dir:` and an absolute path name an archive, skopeo's `dir:` a folder: what is there decides. */
async function baseAtPath(path: string, text: string): Promise<FoundBase | NameProblem> {
  const stats = await stat(path).catch(() => undefined)
  if (!stats?.isDirectory()) return await archiveBase(path, text)
  if (text.startsWith('file:')) return { problem: `'${text}' is a folder: ${await folderAdvice(path)}` }
  return (await folderProblem(path, text, 'dir')) ?? { name: { transport: 'dir', path } }
}

async function archiveBase(
  path: string,
  text: string,
  wanted?: ArchiveKind,
  image?: string,
): Promise<FoundBase | NameProblem> {
  const stats = await stat(path).catch(() => undefined)
  if (stats?.isDirectory()) return { problem: `'${text}' is a folder: ${await folderAdvice(path)}` }
  if (!stats?.isFile()) return { problem: `'${text}' is not there: name the file of a container archive` }
  if (!(await isReadable(path))) return { problem: `'${text}' cannot be read: give us the right to read it` }
  if (path.includes(':')) return { problem: `'${text}' has a colon in its path, which skopeo does not take: rename it` }
  const archive = await archiveAt(path)
  const problem = archiveProblem(archive, text, wanted)
  if (problem !== undefined) return problem
  const kind = wanted ?? archive.kinds?.[0]
  const of = image === undefined ? {} : { image }
  if (archive.packing !== undefined) return { packing: archive.packing, path, ...(kind ? { kind } : {}), ...of }
  return kind === undefined ? neither(text) : { name: archiveName(kind, path, image) }
}

/** Why an archive cannot be read as what it was named; undefined when it can, or while its content is not known. */
export function archiveProblem(
  { kinds, broken }: Archive,
  text: string,
  wanted?: ArchiveKind,
): NameProblem | undefined {
  if (kinds === undefined) return undefined
  const [found] = kinds
  if (found === undefined) return neither(text, broken)
  if (wanted === undefined || kinds.includes(wanted)) return undefined
  return { problem: `'${text}' is no ${wanted} but an ${found}: write ${found}:FILE`.replace('an docker', 'a docker') }
}

export function archiveName(transport: ArchiveKind, path: string, image?: string): ImageName {
  return { transport, path, ...(image === undefined ? {} : { name: image }) }
}

function neither(text: string, broken?: string): NameProblem {
  const why = broken === undefined ? 'it holds neither index.json nor manifest.json' : `it is broken (${broken})`
  return { problem: `'${text}' is no archive of a container, ${why}: name one of oci-archive or docker-archive` }
}

async function folderProblem(path: string, text: string, wanted: 'oci' | 'dir'): Promise<NameProblem | undefined> {
  const stats = await stat(path).catch(() => undefined)
  if (stats === undefined) return { problem: `'${text}' is not there: name the folder of a container` }
  if (!stats.isDirectory())
    return { problem: `'${text}' is a file: write file:PATH, oci-archive:FILE or docker-archive:FILE` }
  if (await isFile(join(path, wanted === 'oci' ? 'index.json' : 'manifest.json'))) return undefined
  return { problem: `'${text}' is no container folder of that kind: ${await folderAdvice(path)}` }
}

/** What to write for a folder that is there. */
async function folderAdvice(path: string): Promise<string> {
  if (await isFile(join(path, 'index.json'))) return 'it is an OCI layout: write oci:DIR'
  if (await isFile(join(path, 'manifest.json'))) return 'it is a folder of skopeo: write dir:DIR'
  return 'it holds no container: name an OCI layout, or the file of a container archive'
}

async function isFile(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isFile() === true
}

async function isReadable(path: string): Promise<boolean> {
  return access(path, constants.R_OK).then(
    () => true,
    () => false,
  )
}
