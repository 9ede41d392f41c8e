import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryRoot } from '../../support/tools.ts'

/** The words of a command that users copy from a README: what they run is what the test runs. */
export async function readmeCommand(file: string, start: string): Promise<readonly string[]> {
  const text = await readFile(join(repositoryRoot, file), 'utf8')
  const line = text.split('\n').find((each) => each.trimStart().startsWith(start))
  if (line === undefined) throw new Error(`${file} has no command that begins with: ${start}`)
  return line.trim().split(' ')
}

/** The words of the README's main command after `dist/cli.js`. */
export async function mainCommand(): Promise<readonly string[]> {
  return (await readmeCommand('README.md', 'npx -y node@24 dist/cli.js --install-tools --description')).slice(4)
}
