import type { TarItem } from '../tar/tarreader.ts'

/** In the root of a system that boots from its container; CDI tools/cdi-containerimage-server/main.go. */
const SYSTEM_FOLDERS = ['sysroot', 'ostree']

/** Whether what KubeVirt or CDI does with an image may depend on the path, which has no leading slash. */
export function isContainerDiskMark(path: string): boolean {
  return path.startsWith('disk') || SYSTEM_FOLDERS.includes(path)
}

/**
 * Why KubeVirt or CDI would stumble over a base that has no file where the disk goes.
 *
 * @param layers what each has itself, lowest first
 * @param content what all of them leave
 * @returns the end of a sentence that begins with the base; undefined where they would not
 */
export function containerDiskProblem(
  layers: readonly { readonly added: ReadonlyMap<string, TarItem['kind']> }[],
  content: ReadonlyMap<string, TarItem['kind']>,
): string | undefined {
  const another = 'choose another base, or leave out kubevirt'
  // CDI pkg/importer/transport.go, `processLayer`: the first of all layers, whatever the layers above it take away.
  const files = layers.flatMap(({ added }) =>
    [...added].filter(([, kind]) => kind !== 'directory').map(([path]) => path),
  )
  const [file] = files.filter((path) => path.startsWith('disk')).sort()
  if (file !== undefined) return `has /${file} in a layer, which CDI takes for the disk: ${another}`
  // KubeVirt pkg/container-disk/container-disk.go, `GetImage`: a folder counts as one.
  const folder = [...content.keys()].filter((path) => path.startsWith('disk/')).sort()[0]
  if (folder !== undefined) return `has the folder /${folder}, which KubeVirt takes for a second disk: ${another}`
  const system = SYSTEM_FOLDERS.find((path) => content.get(path) === 'directory')
  return system === undefined
    ? undefined
    : `has the folder /${system} of a system that boots from its container, of which CDI makes no disk: ${another}`
}
