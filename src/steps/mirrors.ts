import { type Mirrors, publicMirrors, readMirrors } from '../host/mirrors.ts'
import type { Surroundings } from './surroundings.ts'

/** The table of public mirrors, ours or the one that `KIWI_OCI_MIRRORS` names. */
export async function plannedMirrors(around: Surroundings): Promise<Mirrors> {
  return around.mirrorsFile === undefined ? publicMirrors : readMirrors(around.mirrorsFile)
}
