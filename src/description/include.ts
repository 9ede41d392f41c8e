import { resolve } from 'node:path'

/**
 * The file that `<include from="…"/>` names, absolute. KIWI takes a relative one from where it was started
 * (kiwi/markup/base.py); we start KIWI elsewhere and take it from the description's folder, which its manual shows.
 */
export function includedFile(from: string, folder: string): string {
  return resolve(folder, from.replace(/^(this|file|dir):(\/\/)?/, ''))
}
