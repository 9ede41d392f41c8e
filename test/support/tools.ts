import { existsSync } from 'node:fs'
import { join, resolve } from 'node:path'
import { PINNED_VERSION } from '../../src/kiwi/version.ts'

/** Folder of this repository. */
export const repositoryRoot = resolve(import.meta.dirname, '../..')

/** Programs of the tests that no distribution packages, at the versions that `scripts/test-tools.ts` installs. */
export const toolVersions = {
  act: '0.2.89',
  actionlint: '1.7.12',
  zizmor: '1.32.0',
  'kiwi-ng': PINNED_VERSION,
} as const

export type ToolName = keyof typeof toolVersions

/** The folder that holds one version of a tool; another version gets another folder. */
export function toolFolder(name: string, version: string): string {
  return join(repositoryRoot, 'node_modules/.cache/kiwi-oci-tools', `${name}-${version}`)
}

/** Where `scripts/trixie.ts` packs the consumers of images; another number for other packages. */
export const trixieFolder = toolFolder('trixie', '1')

/** Absolute path of the program, whether it is there or not. */
export function toolPath(name: ToolName): string {
  return join(toolFolder(name, toolVersions[name]), 'bin', name)
}

/**
 * Absolute path of a tool that the tests start.
 *
 * @throws Error naming the command that installs it, when it is not there
 */
export function tool(name: ToolName): string {
  const path = toolPath(name)
  if (!existsSync(path)) throw new Error(`${name} ${toolVersions[name]} is not installed: run npm run pretest`)
  return path
}
