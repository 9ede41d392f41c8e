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
  const modules = await kernelModules(root)
  if (modules === undefined) return []
  const active = await readFile(join(root, 'proc/filesystems'), 'utf8').catch(() => '')
  const isUsable = (name: string) =>
    new RegExp(`^(nodev)?\\t${name}$`, 'm').test(active) ||
    new RegExp(`/${name}\\.ko(\\.\\w+)?(:|$)`, 'm').test(modules)
  return names.filter((name) => !isUsable(KERNEL_NAMES[name] ?? name))
}

/**
 * The files of the modules of the running kernel, loadable and built in, a line each.
 *
 * @returns empty where the kernel loads none and has what it has; undefined where they cannot be seen
 */
export async function kernelModules(root = '/'): Promise<string | undefined> {
  const modules = join(root, 'lib/modules', release())
  const isFile = async (path: string) => (await stat(path).catch(() => undefined))?.isFile() === true
  // A kernel without /proc/modules loads none, so its list of filesystems is all there is.
  const loadsModules = await isFile(join(root, 'proc/modules'))
  if (loadsModules && !(await isFile(join(modules, 'modules.dep')))) return undefined
  const read = (name: string) => readFile(join(modules, name), 'utf8').catch(() => '')
  return (await Promise.all(['modules.dep', 'modules.builtin'].map(read))).join('\n').trim()
}

/** The error to throw where the kernel lacks filesystems. */
export function missingFilesystemsError(names: readonly string[]): HostError {
  return new HostError(
    'host-kernel',
    `the running kernel ${release()} has no ${names.join(', ')}, which the description uses`,
    'install the modules of this kernel (on Ubuntu: linux-modules-extra-$(uname -r)), or choose another filesystem',
  )
}
