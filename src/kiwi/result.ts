import { lstat, readFile, realpath } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { isJsonObject } from '../json.ts'
import { KiwiError } from './failure.ts'

/** What a build gave. */
export interface KiwiResult {
  /** The raw disk, absolute. */
  readonly disk: string
}

/**
 * Reads `kiwi.result.json`, which KIWI writes into its target folder since 9.24 (`system/result.py`).
 *
 * @throws KiwiError when it names no disk, or one outside of the target folder
 */
export async function readKiwiResult(target: string): Promise<KiwiResult> {
  const file = join(target, 'kiwi.result.json')
  const filename = diskFilename(await readFile(file, 'utf8').catch(() => undefined), file)
  const disk = join(target, basename(filename))
  const [folder, found] = await Promise.all([realpath(target), lstat(disk).catch(() => undefined)])
  const named = await realpath(dirname(filename)).catch(() => undefined)
  if (named !== folder || !found?.isFile()) {
    throw new KiwiError(
      'kiwi-no-disk',
      `KIWI names ${filename} as its disk, which is no file in ${target}: choose a type that makes a disk`,
    )
  }
  return { disk }
}

function diskFilename(text: string | undefined, file: string): string {
  if (text === undefined) {
    throw new KiwiError(
      'kiwi-result',
      `KIWI ended without ${file}: this KIWI is too old, or the build was no image build`,
    )
  }
  const results = parsed(text, file)
  const entry = isJsonObject(results) ? results['disk_image'] : undefined
  const filename = isJsonObject(entry) ? entry['filename'] : undefined
  if (typeof filename !== 'string' || !filename.startsWith('/')) {
    throw new KiwiError('kiwi-no-disk', 'KIWI built no disk: choose a type that makes one, like image="oem"', [
      `${file}:`,
      text,
    ])
  }
  return filename
}

function parsed(text: string, file: string): unknown {
  try {
    return JSON.parse(text)
  } catch {
    throw new KiwiError('kiwi-result', `${file} of KIWI is no JSON: the build was cut off, try again`, [text])
  }
}
