import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { onTestFinished } from 'vitest'
import type { Description } from '../../../src/description/description.ts'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { DescriptionError, InputError, type Problem } from '../../../src/errors.ts'

/** A folder that goes away with the test. */
export async function temporaryFolder(): Promise<string> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-description-'))
  onTestFinished(() => rm(folder, { recursive: true, force: true }))
  return folder
}

/** A folder with these files, by their paths in it. */
export async function folderOf(files: Readonly<Record<string, string | Uint8Array>>): Promise<string> {
  const folder = await temporaryFolder()
  for (const [path, content] of Object.entries(files)) {
    await mkdir(dirname(join(folder, path)), { recursive: true })
    await writeFile(join(folder, path), content)
  }
  return folder
}

/** A description of these files, read. */
export async function described(files: Readonly<Record<string, string | Uint8Array>> | string): Promise<Description> {
  const all = typeof files === 'string' ? { 'config.xml': files } : files
  return readDescription(await findDescription(await folderOf(all)))
}

/** XML of an image with these sections in the order given, from line 2 on. */
export function image(...sections: readonly string[]): string {
  return `<image schemaversion="8.0" name="test">\n${sections.join('\n')}\n</image>\n`
}

/** One `<preferences>` with these types. */
export function preferences(...types: readonly string[]): string {
  return `<preferences><version>1.2.3</version><packagemanager>apt</packagemanager>${types.join('')}</preferences>`
}

export function fixture(name: string): string {
  return join(import.meta.dirname, '../../fixtures/descriptions', name)
}

/** The problems that an action throws, with the kind of error. */
export async function problemsOf(
  action: () => unknown,
): Promise<{ kind: 'input' | 'description'; problems: readonly Problem[]; lines: readonly string[] }> {
  try {
    await action()
  } catch (error) {
    if (!(error instanceof InputError || error instanceof DescriptionError)) throw error
    const lines = error.problems.map((problem) => `${problem.where}: ${problem.text}`)
    return { kind: error instanceof InputError ? 'input' : 'description', problems: error.problems, lines }
  }
  throw new Error('nothing was refused')
}
