import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { repositoryRoot } from '../../support/tools.ts'

/** The words of the README's main command after `dist/cli.js`: what users copy is what the test runs. */
export async function mainCommand(): Promise<readonly string[]> {
  const readme = await readFile(join(repositoryRoot, 'README.md'), 'utf8')
  const line = readme.split('\n').find((each) => /^npx -y node@24 dist\/cli\.js .*--description/.test(each))
  if (line === undefined) throw new Error('the README has no main command')
  return line.split(' ').slice(4)
}
