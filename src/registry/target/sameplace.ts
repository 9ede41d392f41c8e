import { realpath } from 'node:fs/promises'
import { basename, dirname, join, resolve, sep } from 'node:path'
import type { ContainerName } from '../../oci/container/containername.ts'
import { type ImageName, type LocalName, plainName } from '../transport.ts'
import { refNames } from './targetnames.ts'

/**
 * Which destinations would undo an earlier one, as one sentence each; undefined for those that do not. Several names in
 * one layout are no harm.
 */
export async function collisions(
  destinations: readonly ImageName[],
  names: readonly ContainerName[],
): Promise<readonly (string | undefined)[]> {
  const places = await Promise.all(
    destinations.map(async (destination) => ({ destination, path: await placeOf(destination) })),
  )
  return places.map((place, index) => {
    const other = places.slice(0, index).find((earlier) => collide(earlier, place, names))
    if (other === undefined) return undefined
    return `it goes to the same place as ${plainName(other.destination)}: leave one of the two out, or choose another place`
  })
}

/** Which destinations would replace a file that the job reads, as one sentence each; undefined for those that do not. */
export async function replacements(
  destinations: readonly ImageName[],
  files: readonly string[],
): Promise<readonly (string | undefined)[]> {
  const read = await Promise.all(files.map((file) => withoutLinks(resolve(file))))
  return await Promise.all(
    destinations.map(async (destination) => {
      const place = await placeOf(destination)
      // A layout that is there gets an image more.
      const at = destination.transport === 'oci' || place === undefined ? -1 : read.indexOf(place)
      return at < 0 ? undefined : `it would replace ${files[at]}, which is read: choose another place`
    }),
  )
}

/** The path of a file that is there or will be, links in it followed. */
export async function placeOfFile(path: string): Promise<string> {
  return await withoutLinks(resolve(path))
}

interface Place {
  readonly destination: ImageName
  /** Without links; undefined where the destination is none of the file system. */
  readonly path: string | undefined
}

function collide(one: Place, other: Place, names: readonly ContainerName[]): boolean {
  if (one.path === undefined || other.path === undefined) {
    return plainName(one.destination) === plainName(other.destination)
  }
  if (one.path !== other.path) return isWithin(one.path, other.path) || isWithin(other.path, one.path)
  if (one.destination.transport !== 'oci' || other.destination.transport !== 'oci') return true
  const taken = namesOf(one.destination, names)
  return namesOf(other.destination, names).some((name) => taken.includes(name))
}

function namesOf(destination: LocalName, names: readonly ContainerName[]): readonly string[] {
  const own = refNames(destination, names)
  return own.length === 0 ? [''] : own
}

function isWithin(path: string, folder: string): boolean {
  return path.startsWith(`${folder}${sep}`)
}

async function placeOf(destination: ImageName): Promise<string | undefined> {
  const { transport } = destination
  if (transport === 'docker' || transport === 'docker-daemon' || transport === 'containers-storage') return undefined
  return await withoutLinks(resolve(destination.path))
}

async function withoutLinks(path: string): Promise<string> {
  const real = await realpath(path).catch(() => undefined)
  if (real !== undefined || dirname(path) === path) return real ?? path
  return join(await withoutLinks(dirname(path)), basename(path))
}
