import { readFile, stat } from 'node:fs/promises'
import { release } from 'node:os'
import { join } from 'node:path'
import { HostError } from '../errors.ts'
import { type DescriptionFacts, isEfi } from './facts.ts'

/** The kernel's name of a filesystem, where KIWI's differs. */
const KERNEL_NAMES: Readonly<Record<string, string>> = { ext2: 'ext4', ext3: 'ext4', fat16: 'vfat', fat32: 'vfat' }

/** KIWI's names of the filesystems that it mounts to build a disk; it fills squashfs and erofs without mounting them. */
export function mountedFilesystems(facts: DescriptionFacts): readonly string[] {
  const mounted = facts.filesystems.filter((name) => !['swap', 'squashfs', 'erofs'].includes(name))
  return [...new Set([...mounted, ...(isEfi(facts) ? ['fat16'] : [])])]
}

/**
 * Which filesystems the running kernel can neither mount now nor load a module for. Empty where that cannot be told,
 * as in a container without the modules of the machine.
 *
 * @param names KIWI's names
 * @param root where the machine's file tree starts
 */
export async function missingFilesystems(names: readonly string[], root = '/'): Promise<readonly string[]> {
  const modules = join(root, 'lib/modules', release())
  const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true
  // A kernel without /proc/modules loads none, so its list is all there is.
  const loadsModules = await isFile(join(root, 'proc/modules'))
  if (loadsModules && !(await isFile(join(modules, 'modules.dep')))) return []
  const read = (path: string) => readFile(path, 'utf8').catch(() => '')
  const [active, loadable, builtin] = await Promise.all(
    [join(root, 'proc/filesystems'), join(modules, 'modules.dep'), join(modules, 'modules.builtin')].map(read),
  )
  const files = `${loadable}\n${builtin}`
  const isUsable = (name: string) =>
    new RegExp(`^(nodev)?\\t${name}$`, 'm').test(active ?? '') ||
    new RegExp(`/${name}\\.ko(\\.\\w+)?(:|$)`, 'm').test(files)
  return names.filter((name) => !isUsable(KERNEL_NAMES[name] ?? name))
}

/** The error to throw where the kernel lacks filesystems. */
export function missingFilesystemsError(names: readonly string[]): HostError {
  return new HostError(
    'host-kernel',
    `the running kernel ${release()} has no ${names.join(', ')}, which the description uses`,
    'install the modules of this kernel (on Ubuntu: linux-modules-extra-$(uname -r)), or choose another filesystem',
  )
}
