import { chmod, mkdir, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { putText } from '../oci/store/file.ts'
import { SHIM_FOLDER } from './environment.ts'
import { KiwiError } from './failure.ts'
import { aptConfiguration, chrootProgram, dracutProgram, reportPrograms } from './savingscripts.ts'

/** What is left out of a build because the disk is the same without it. */
export interface Savings {
  /** KIWI's name: `apt`, `dnf5`, `zypper`. */
  readonly packageManager: string
  /**
   * KIWI's initrd takes the place of the one that kernel packages make, so that theirs need not be made. Else one of
   * theirs, the last, has to be.
   */
  readonly replacesInitrd: boolean
}

export interface SavingPlaces {
  readonly workFolder: string
  readonly sharedCache: string
  /** Where KIWI and, while packages are installed, the root tree see the shared cache. */
  readonly cachePlace: string
}

/** Folder in the shared cache. */
const FOLDER = 'kiwi-oci'
const PENDING = 'pending'

/** The file for `APT_CONFIG` while KIWI works, where there is one. */
export function aptConfigurationFile(
  savings: Savings | undefined,
  cachePlace: string,
): { readonly aptConfiguration?: string } {
  return savings?.packageManager === 'apt' ? { aptConfiguration: join(cachePlace, FOLDER, 'apt.conf') } : {}
}

/** One line for the log. */
export function savingsText({ packageManager, replacesInitrd }: Savings): string {
  const initrds = replacesInitrd ? 'initrds before that of KIWI' : 'all initrds of packages but the last'
  const apt = [initrds, 'syncing of each file to the storage', 'translated lists of packages']
  const parts = [...(packageManager === 'apt' ? apt : []), 'reports about packages']
  return `fast-build leaves out what the disk is the same without: ${parts.join(', ')}`
}

/** Writes the programs and settings that leave these things out, none of them into the root tree. */
export async function writeSavings(savings: Savings, places: SavingPlaces): Promise<void> {
  const { workFolder, sharedCache, cachePlace } = places
  const shims = join(workFolder, SHIM_FOLDER)
  for (const [name, text] of reportPrograms(savings.packageManager)) await writeProgram(shims, name, text)
  if (savings.packageManager !== 'apt') return
  const folder = join(sharedCache, FOLDER)
  const seen = join(cachePlace, FOLDER)
  await mkdir(join(folder, PENDING), { recursive: true })
  // For apt's user as well, whatever the caller's mask takes away.
  await chmod(folder, 0o755)
  await putText(join(folder, 'apt.conf'), aptConfiguration(join(seen, 'bin')))
  await chmod(join(folder, 'apt.conf'), 0o644)
  await writeProgram(join(folder, 'bin'), 'dracut', dracutProgram(join(seen, PENDING), savings.replacesInitrd))
  await writeProgram(shims, 'chroot', chrootProgram(join(folder, PENDING)))
}

/**
 * That no initrd was left to KIWI which it then did not make.
 *
 * @throws KiwiError when it did not
 */
export async function checkSavings(sharedCache: string): Promise<void> {
  const versions = await readdir(join(sharedCache, FOLDER, PENDING)).catch((error: NodeJS.ErrnoException) => {
    if (error.code === 'ENOENT') return []
    throw error
  })
  if (versions.length === 0) return
  const text = `the initrd of the kernel ${versions.join(', ')} was left to KIWI, which made none`
  throw new KiwiError('kiwi-initrd', `${text}: set fast-build to false`, [])
}

async function writeProgram(folder: string, name: string, text: string): Promise<void> {
  await mkdir(folder, { recursive: true })
  await putText(join(folder, name), text)
  await chmod(join(folder, name), 0o755)
}
