import { HostError } from '../errors.ts'
import { deviceLacks } from './devices.ts'
import type { DescriptionFacts } from './facts.ts'
import { missingDrivers } from './kernel-drivers.ts'
import { missingFilesystems, missingFilesystemsError, mountedFilesystems } from './kernel-filesystems.ts'
import { findProgram } from './missing.ts'
import { namespaceLack } from './namespaces.ts'
import { asRoot, type Privileges } from './privileges.ts'

/**
 * What a machine lacks to build a description that no package brings: rights, what the kernel has, devices. All of it.
 *
 * @param folders where programs are looked for, `searchFolders(PATH)`; those that are missing are asked nothing
 */
export async function machineLacks(
  facts: DescriptionFacts,
  privileges: Privileges,
  folders: readonly string[],
): Promise<readonly HostError[]> {
  const mayAsk = privileges.kind !== 'none'
  const paths = ['setpriv', 'unshare', 'losetup'].map((name) => findProgram([name], folders))
  const [setpriv, unshare, losetup] = await Promise.all(paths)
  const [filesystems, drivers, namespaces, devices] = await Promise.all([
    missingFilesystems(mountedFilesystems(facts)),
    missingDrivers(facts),
    mayAsk && setpriv && unshare ? namespaceLack(privileges) : undefined,
    mayAsk && losetup ? deviceLacks(privileges, losetup) : [],
  ])
  const kernel = [...filesystems, ...drivers]
  return [
    ...rootLacks(privileges),
    ...(namespaces === undefined ? [] : [namespaces]),
    ...(kernel.length === 0 ? [] : [missingFilesystemsError(kernel)]),
    ...devices,
  ]
}

/** Where there is no way to become root. */
export function rootLacks(privileges: Privileges): readonly HostError[] {
  try {
    asRoot(privileges, 'true', [])
    return []
  } catch (error) {
    if (error instanceof HostError) return [error]
    throw error
  }
}
