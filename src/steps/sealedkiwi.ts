import { sealFolder, sealProblem } from '../cache/seal.ts'
import { kiwiLock } from '../kiwi/install.ts'
import type { Report } from '../report.ts'

/** Seals a kiwi-ng that was just installed. */
export async function seal(folder: string, version: string): Promise<void> {
  await sealFolder(folder, kiwiLock(version))
}

/** A kept kiwi-ng as it was sealed; undefined, said in the log, where it is something else by now. */
export async function unbroken(folder: string, version: string, report: Report): Promise<string | undefined> {
  const problem = await sealProblem(folder, kiwiLock(version))
  if (problem === undefined) return folder
  report.warning(`the kept kiwi-ng ${version} in ${folder} ${problem}: it is not used`)
  return undefined
}
