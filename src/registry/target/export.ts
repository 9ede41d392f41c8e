import type { ContainerName } from '../../oci/container/containername.ts'
import type { StoredImage } from '../../oci/store/storedimage.ts'
import { containerOf, readStoredTree, type StoredTree } from '../../oci/store/storedtree.ts'
import type { Access } from '../access.ts'
import { type ImageName, type LocalName, plainName } from '../transport.ts'
import { writeDockerArchive, writeOciArchive } from './archivetarget.ts'
import { type DockerForm, dockerForm } from './dockerimage.ts'
import { loadIntoEngine } from './enginetarget.ts'
import { writeToFolder } from './foldertarget.ts'
import { writeToLayout } from './layouttarget.ts'
import { pushImage } from './push.ts'
import type { Source } from './staging.ts'
import { copyToStorage } from './storagetarget.ts'
import { dockerNames, indexNames, storageNames } from './targetnames.ts'

/** An image or an index of ours, with what it is called. */
export interface ExportSource extends Source {
  /** What the container is called, the main name first: for destinations whose text says no other name. */
  readonly names: readonly ContainerName[]
}

/**
 * Writes an image, or an index with all it names, to skopeo destinations, one after another. Our digest stays the same in
 * all that can keep it; the log says of each what it carries. A layout that is there already keeps its other images; an
 * archive or a folder that is there is replaced in one step, and stays when this fails.
 *
 * @param onWritten called after each, with how many are written by then
 * @throws RegistryError, HostError, ImageError; errors of the file system are passed on
 */
export async function exportImage(
  source: ExportSource,
  destinations: readonly ImageName[],
  access: Access,
  onWritten: (count: number) => void = () => {},
): Promise<void> {
  await using forDocker = dockerForm(access)
  for (const [index, destination] of destinations.entries()) {
    if (destination.transport === 'docker') await pushImage(source, [plainName(destination)], access)
    else {
      const { names, carries } = await writeTo(source, destination, forDocker, access)
      const as = names.length > 0 ? ` as ${names.join(', ')}` : ''
      access.report.info(`wrote ${plainName(destination)}${as}: ${carries}`)
    }
    onWritten(index + 1)
  }
}

interface Written {
  readonly names: readonly string[]
  /** Which digest it has there, and why. */
  readonly carries: string
}

async function writeTo(
  source: ExportSource,
  destination: LocalName,
  forDocker: DockerForm,
  access: Access,
): Promise<Written> {
  const tree = await readStoredTree(source.layout, source.descriptor)
  const { digest } = tree.descriptor
  const { path, transport } = destination
  switch (transport) {
    case 'oci': {
      const names = indexNames(destination, source.names)
      await writeToLayout(tree, path, names, access)
      return { names: names.map(({ ref }) => ref), carries: digest }
    }
    case 'oci-archive': {
      const names = indexNames(destination, source.names)
      await writeOciArchive(tree, path, names, access)
      return { names: names.map(({ ref }) => ref), carries: digest }
    }
    case 'dir':
      await writeToFolder(tree, path, access)
      return { names: [], carries: digest }
    case 'containers-storage': {
      const { descriptor } = singleImage(tree, destination, access)
      const names = storageNames(destination, source.names)
      await copyToStorage(source, descriptor, names, access)
      return { names, carries: descriptor.digest }
    }
    case 'docker-archive': {
      const names = dockerNames(destination.name, source.names)
      const fit = await forDocker.of(singleImage(tree, destination, access))
      await writeDockerArchive(fit, path, names, access)
      return { names, carries: `${fit.descriptor.digest} in its index.json; ${LOADED}` }
    }
    case 'docker-daemon': {
      const names = dockerNames(path, source.names)
      const fit = await forDocker.of(singleImage(tree, destination, access))
      const id = await loadIntoEngine(fit, plainName(destination), names, access)
      return { names, carries: id === fit.descriptor.digest ? id : `image ID ${id}; ${LOADED}` }
    }
  }
}

/** What goes where no index can; the log says that it is not all. */
function singleImage(tree: StoredTree, destination: LocalName, { report }: Access): StoredImage {
  const container = containerOf(tree)
  if (container === undefined)
    throw new Error(`there is no container for ${plainName(destination)}, and none was asked for`)
  if (tree.index !== undefined) {
    const { digest } = container.descriptor
    report.info(`${plainName(destination)} holds one image and no index: it gets the container alone, ${digest}`)
  }
  return container
}

const LOADED =
  'docker makes a manifest of its own of what it loads, which has another digest and no annotations (unless the engine keeps images in containerd)'
