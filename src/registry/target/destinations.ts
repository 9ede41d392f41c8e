import { constants } from 'node:fs'
import { access, lstat, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { HostError, ImageError, InputError } from '../../errors.ts'
import type { ContainerName } from '../../oci/container/containername.ts'
import { isThere } from '../../oci/store/folder.ts'
import type { Access } from '../access.ts'
import { requireEngine } from '../engine.ts'
import { type ImageName, type LocalName, plainName } from '../transport.ts'
import { namesIn } from './beside.ts'
import { isImageFolder } from './foldertarget.ts'
import { readLayoutIndex } from './layouttarget.ts'
import { collisions, replacements } from './sameplace.ts'
import { checkStagingPlace } from './staging.ts'
import { storageProblem } from './storagetarget.ts'
import { checkTargets } from './targetcheck.ts'
import { nameProblem } from './targetnames.ts'

/** Linux's NAME_MAX. */
const NAME_BYTES = 255

/**
 * Looks at the places of `export` before an hour of building; no image is written.
 *
 * @param names what the container is called
 * @param about.reads files of the user that the job reads
 * @param about.chosenBy the place of the description that names the destinations, where no input does: what a checkout has
 *   there is written over, and no link in it leads us out of it
 * @throws InputError for the input `export`, or that place, with every place that cannot be written to: what is there is something else,
 *   the folder that it goes into is missing or not ours to write, a name cannot be had there, or two are the same place;
 *   HostError when docker's daemon does not answer or this user can have no container storage; RegistryError as
 *   `checkTargets` for registries
 */
export async function checkDestinations(
  destinations: readonly ImageName[],
  names: readonly ContainerName[],
  access: Access,
  about: { readonly chosenBy?: string; readonly reads?: readonly string[] } = {},
): Promise<void> {
  const { chosenBy, reads = [] } = about
  const same = await collisions(destinations, names)
  const replacing = await replacements(destinations, reads)
  const reasons = await Promise.all(
    destinations.map(async (destination, index) => {
      if (destination.transport === 'docker') return same[index]
      return (
        nameProblem(destination, names) ??
        replacing[index] ??
        ((chosenBy && (await againstLinks(destination))) || (await reasonAgainst(destination)) || same[index])
      )
    }),
  )
  const problems = destinations.flatMap((destination, index) => {
    const reason = reasons[index]
    return reason === undefined
      ? []
      : [{ where: chosenBy ?? 'input export', text: `${plainName(destination)}: ${reason}` }]
  })
  if (problems.length > 0) throw new InputError(problems)
  await checkServices(destinations, access)
}

async function checkServices(destinations: readonly ImageName[], access: Access): Promise<void> {
  const transports = destinations.map(({ transport }) => transport)
  if (transports.includes('docker-daemon')) await requireEngine(access)
  for (const destination of destinations) {
    if (destination.transport !== 'containers-storage') continue
    checkStagingPlace(access)
    const problem = await storageProblem(destination.path, access)
    if (problem !== undefined)
      throw new HostError('host-storage', `${plainName(destination)} cannot be written`, problem)
  }
  const registries = destinations.filter(({ transport }) => transport === 'docker').map(plainName)
  await checkTargets(registries, access)
}

async function reasonAgainst(destination: LocalName): Promise<string | undefined> {
  try {
    return await reasonAt(destination)
  } catch (error) {
    if (error instanceof HostError) return error.message
    throw error
  }
}

async function reasonAt({ transport, path, name }: LocalName): Promise<string | undefined> {
  const cut = await cutPath(path, name)
  if (cut !== undefined) return `the path ends at its first colon, as with skopeo, and there is ${cut}: rename that`
  if (transport === 'docker-daemon' || transport === 'containers-storage') return undefined
  if (path.split('/').some((part) => Buffer.byteLength(part) > NAME_BYTES)) {
    return `the path holds a name of more than ${NAME_BYTES} bytes, which no file system takes: write a shorter one`
  }
  switch (transport) {
    case 'oci':
      return (await againstLayout(path)) ?? (await againstPlace(await nearestFolder(path)))
    case 'dir':
      return (await againstFolder(path)) ?? (await againstPlace(await folderOrParent(path)))
    case 'oci-archive':
    case 'docker-archive':
      return (await isNoFile(path))
        ? 'it is there and no regular file: write the path of a file'
        : await againstPlace(dirname(resolve(path)))
  }
}

/** @returns why nothing is written there that only the description asks for */
async function againstLinks({ transport, path }: LocalName): Promise<string | undefined> {
  const inside = transport === 'oci' ? ['', 'blobs', join('blobs', 'sha256')] : transport === 'dir' ? [''] : []
  for (const place of inside.map((name) => join(path, name))) {
    if ((await lstat(place).catch(() => undefined))?.isSymbolicLink() !== true) continue
    return `${place} is a link, which is not followed for a description: remove it, or set the input export`
  }
  return undefined
}

async function againstLayout(folder: string): Promise<string | undefined> {
  const names = await namesIn(folder, 'an OCI layout')
  if (names === undefined) return looseLink(folder)
  if (names.length > 0 && !names.includes('oci-layout')) return foreign('an OCI layout')
  return await readLayoutIndex(folder).then(
    () => undefined,
    (error: unknown) => {
      if (error instanceof ImageError) return `${error.message}: export to another folder`
      throw error
    },
  )
}

async function againstFolder(folder: string): Promise<string | undefined> {
  const names = await namesIn(folder, 'the folder of an image')
  if (names === undefined) return looseLink(folder)
  // c/image directory/directory_dest.go: it empties what it made itself, and refuses all else.
  return (await isImageFolder(folder, names)) ? undefined : foreign('an image')
}

async function looseLink(folder: string): Promise<string | undefined> {
  const isLink = (await lstat(folder).catch(() => undefined))?.isSymbolicLink() === true
  return isLink ? 'it is a link to nothing: remove it, or export to another folder' : undefined
}

function foreign(kind: string): string {
  return `the folder holds something else than ${kind}: export to another folder`
}

async function againstPlace(folder: string): Promise<string | undefined> {
  if (!(await isFolder(folder))) return `${folder} is no folder: make it, or export to another place`
  return access(folder, constants.W_OK | constants.X_OK).then(
    () => undefined,
    () => `${folder} cannot be written to: export to another place`,
  )
}

/** What the path was meant to lead to or through where it has a colon; undefined where it has none. */
async function cutPath(path: string, name: string | undefined): Promise<string | undefined> {
  if (name === undefined) return undefined
  const whole = `${path}:${name.split('/')[0]}`
  return (await isFolder(whole)) ? `a folder ${whole}` : undefined
}

/** Where the first missing folder of a path would be made. */
async function nearestFolder(path: string): Promise<string> {
  let folder = resolve(path)
  while (folder !== dirname(folder) && !(await isThere(folder))) folder = dirname(folder)
  return folder
}

async function folderOrParent(path: string): Promise<string> {
  return (await isThere(path)) ? resolve(path) : dirname(resolve(path))
}

/** A device, a pipe or a link would be replaced by the archive. */
async function isNoFile(path: string): Promise<boolean> {
  return (await lstat(path).catch(() => undefined))?.isFile() === false
}

async function isFolder(path: string): Promise<boolean> {
  return (await stat(path).catch(() => undefined))?.isDirectory() === true
}
