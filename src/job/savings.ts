import { lstat, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Savings } from '../kiwi/savings.ts'
import type { DescriptionSource } from '../plan/plan.ts'

/** Words of whoever looks at the initrd of packages before KIWI has put its own in its place. */
const INITRD_WORDS = /initr|dracut|\/boot\b/i
/** Scripts are shorter. */
const LIMIT_BYTES = 2 ** 20
/** `--set-type-attr`, also shortened: then the type that KIWI builds is not quite the one of the description. */
const TYPE_ARGUMENT = /^--set-t/
/** Of KIWI, and not run in the image. */
const DESCRIPTION_FILE = /\.(?:xml|kiwi|ya?ml)$/

/**
 * What of a build may be left out so that the disk stays the same.
 *
 * @param folder the staged description, whose scripts and overlay files are read
 */
export async function descriptionSavings(source: DescriptionSource, folder: string): Promise<Savings> {
  const { packageManager, selected } = source
  return {
    packageManager,
    replacesInitrd:
      packageManager === 'apt' &&
      selected.replacesInitrd &&
      !source.buildArguments.some((argument) => TYPE_ARGUMENT.test(argument)) &&
      !(await namesInitrd(folder)),
  }
}

async function namesInitrd(folder: string): Promise<boolean> {
  for (const entry of await readdir(folder, { recursive: true, withFileTypes: true })) {
    if (!entry.isFile() || (entry.parentPath === folder && DESCRIPTION_FILE.test(entry.name))) continue
    if (await fileNamesInitrd(join(entry.parentPath, entry.name))) return true
  }
  return false
}

async function fileNamesInitrd(file: string): Promise<boolean> {
  if ((await lstat(file)).size > LIMIT_BYTES) return false
  // What only root may read, it may also say.
  return await readFile(file, 'latin1').then(
    (text) => INITRD_WORDS.test(text),
    () => true,
  )
}
