import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { parse } from 'yaml'
import { repositoryRoot } from '../test/support/tools.ts'

interface Documented {
  readonly description?: string
  readonly default?: string | boolean | number
}

interface ActionManifest {
  readonly inputs?: Readonly<Record<string, Documented | null>>
  readonly outputs?: Readonly<Record<string, Documented | null>>
}

/**
 * The README with its tables of inputs and outputs written anew from action.yml.
 *
 * @throws Error naming each input or output without a description, or a marker that README.md lacks
 */
export function documentedReadme(readme: string, manifest: string): string {
  const action = parse(manifest) as ActionManifest
  const inputs = Object.entries(action.inputs ?? {})
  const outputs = Object.entries(action.outputs ?? {})
  const silent = [...inputs, ...outputs].filter(([, about]) => !about?.description?.trim()).map(([name]) => name)
  if (silent.length > 0) throw new Error(`action.yml: no description for ${silent.join(', ')}`)
  const inputRows = inputs.map(([name, about]) => [code(name), sentence(about), defaultCell(about)])
  const outputRows = outputs.map(([name, about]) => [code(name), sentence(about)])
  const withInputs = replacedBlock(readme, 'inputs', table(['Input', 'Meaning', 'Default'], inputRows))
  return replacedBlock(withInputs, 'outputs', table(['Output', 'Meaning'], outputRows))
}

function replacedBlock(readme: string, name: string, content: string): string {
  const [start, end] = [`<!-- ${name}:start -->`, `<!-- ${name}:end -->`]
  const [from, to] = [readme.indexOf(start), readme.indexOf(end)]
  if (from < 0 || to < from) throw new Error(`README.md: needs the lines ${start} and ${end} around the table`)
  return `${readme.slice(0, from)}${start}\n${content}\n${readme.slice(to)}`
}

function table(head: readonly string[], rows: readonly (readonly string[])[]): string {
  const lines = [head, head.map(() => '---'), ...rows]
  return lines.map((cells) => `| ${cells.join(' | ')} |`.replaceAll('|  |', '| |')).join('\n')
}

function sentence(about: Documented | null): string {
  return (about?.description ?? '').trim().replace(/\s+/g, ' ').replaceAll('|', '\\|')
}

function defaultCell(about: Documented | null): string {
  const value = String(about?.default ?? '')
  return value === '' ? '' : code(value)
}

function code(text: string): string {
  return `\`${text}\``
}

async function main(check: boolean): Promise<void> {
  const path = join(repositoryRoot, 'README.md')
  const readme = await readFile(path, 'utf8')
  const documented = documentedReadme(readme, await readFile(join(repositoryRoot, 'action.yml'), 'utf8'))
  if (!check) await writeFile(path, documented)
  else if (documented !== readme) throw new Error('README.md is not what action.yml says: run npm run docs')
}

if (import.meta.main) {
  try {
    await main(process.argv.includes('--check'))
  } catch (error) {
    process.stderr.write(`${error instanceof Error ? error.message : String(error)}\n`)
    process.exitCode = 1
  }
}
