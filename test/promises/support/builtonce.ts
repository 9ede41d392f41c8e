import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { DISK, place } from '../../process/support/cli.ts'
import { type CacheService, cacheEnvironment } from '../../support/cacheservice.ts'

/**
 * Runs the plan step and the build step of dist as a hosted runner does, for a disk on a base.
 *
 * @param base in a registry on loopback
 * @param service none where the runner tells of no cache
 */
export async function builtOnce(base: string, service: Pick<CacheService, 'url' | 'token'> | undefined) {
  await using here = await place()
  await here.write('a.raw', DISK)
  const step = async (entry: string, inputs: Readonly<Record<string, string>>) => {
    const files = Object.fromEntries(
      ['OUTPUT', 'STATE'].map((name) => [`GITHUB_${name}`, join(here.folder, `.${name}`)]),
    )
    for (const file of Object.values(files)) await writeFile(file, '')
    const given = Object.entries(inputs).map(([name, text]) => [`INPUT_${name.toUpperCase()}`, text])
    const env = {
      ...files,
      ...Object.fromEntries(given),
      RUNNER_TEMP: join(here.folder, '../temp'),
      RUNNER_ENVIRONMENT: 'github-hosted',
      SOURCE_DATE_EPOCH: '0',
      ...(service === undefined ? {} : cacheEnvironment(service)),
    }
    const run = await here.run([], { entry, env })
    return { ...run, output: await readFile(join(here.folder, '.OUTPUT'), 'utf8') }
  }
  const inputs = { disk: 'a.raw', 'base-image': base, 'tls-verify': 'false', platform: 'linux/amd64' }
  const planned = await step('plan.js', inputs)
  const began = performance.now()
  const built = await step('build.js', { ...inputs, plan: outputOf(planned.output, 'plan') })
  const seconds = (performance.now() - began) / 1000
  const stdout = planned.exitCode === 0 ? built.stdout : planned.stdout
  return { exitCode: built.exitCode, stdout, digest: outputOf(built.output, 'digest'), seconds }
}

/** An output, written by @actions/core with a random delimiter. */
function outputOf(file: string, name: string): string {
  const [, , text = ''] = new RegExp(`^${name}<<(ghadelimiter_[^\\n]+)\\n(.*?)\\n\\1$`, 'ms').exec(file) ?? []
  return text
}
