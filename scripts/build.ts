import { chmod, mkdir, readdir, rm, writeFile } from 'node:fs/promises'
import { basename, join } from 'node:path'
import { type OutputChunk, type RolldownOptions, rolldown } from 'rolldown'
import configuration from '../rolldown.config.ts'
import { repositoryRoot } from '../test/support/tools.ts'
import { licenseNotices } from './licenses.ts'

const SHEBANG = '#!/usr/bin/env node\n'

/**
 * Bundles each entry of rolldown.config.ts into `folder`, with the licenses of what it holds, and removes what does
 * not belong there.
 *
 * @throws Error when an entry cannot be bundled, imports what is not there, or lacks what starts it on a command line
 */
export async function build(folder: string): Promise<readonly string[]> {
  await mkdir(folder, { recursive: true })
  const names: string[] = []
  const modules = new Set<string>()
  for (const options of [configuration].flat()) {
    const chunk = await bundle(options, folder)
    names.push(chunk.fileName)
    for (const module of Object.keys(chunk.modules)) modules.add(module)
    if (chunk.fileName === 'cli.js') {
      if (!chunk.code.startsWith(SHEBANG)) throw new Error(`src/steps/cli.ts must start with ${SHEBANG.trim()}`)
      await chmod(join(folder, chunk.fileName), 0o755)
    }
  }
  await writeFile(join(folder, 'licenses.txt'), await licenseNotices(modules))
  names.push('licenses.txt')
  for (const name of await readdir(folder)) {
    if (!names.includes(name)) await rm(join(folder, name), { recursive: true })
  }
  return names
}

async function bundle(options: RolldownOptions, folder: string): Promise<OutputChunk> {
  const output = [options.output].flat()[0]
  if (output?.file === undefined) throw new Error('rolldown.config.ts: each entry needs an output.file')
  const bundler = await rolldown({
    ...options,
    cwd: repositoryRoot,
    onLog: (level, log) => {
      // A bundle with an import that could not be resolved would be built all the same, and fail at the user's.
      if (level === 'warn') throw new Error(`${String(options.input)}: ${log.message}`)
    },
  })
  try {
    const written = await bundler.write({ ...output, file: join(folder, basename(output.file)) })
    return written.output[0]
  } finally {
    await bundler.close()
  }
}

if (import.meta.main) {
  const names = await build(join(repositoryRoot, 'dist'))
  process.stdout.write(`dist: ${names.join(', ')}\n`)
}
