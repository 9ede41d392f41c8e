/** The KIWI that is installed where `kiwi-version` says nothing; `requirements.ts` locks it with all it needs. */
export const PINNED_VERSION = '11.1.6'

/**
 * The version in what `kiwi-ng --version` prints: `KIWI (next generation) version 9.24.61`.
 *
 * @returns the version, or undefined when the text names none
 */
export function kiwiVersionIn(output: string): string | undefined {
  return /\bversion\s+(\d+(?:\.\d+)+)/i.exec(output)?.[1]
}
