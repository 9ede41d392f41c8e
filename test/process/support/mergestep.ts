import { readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { Registry } from '../../support/registry.ts'
import type { Place } from './cli.ts'

/** Runs dist/merge.js as a runner does. */
export async function mergeStep(here: Place, inputs: Record<string, string>) {
  const [output, state] = [join(here.folder, '.output'), join(here.folder, '.state')]
  await Promise.all([writeFile(output, ''), writeFile(state, '')])
  const given = Object.entries({ 'tls-verify': 'false', ...inputs }).map(([name, text]) => [
    `INPUT_${name.toUpperCase()}`,
    text,
  ])
  const env = { ...Object.fromEntries(given), GITHUB_OUTPUT: output, GITHUB_STATE: state }
  const temp = join(here.folder, '../temp')
  const run = await here.run([], { entry: 'merge.js', env: { ...env, RUNNER_TEMP: temp } })
  const outputs = [...(await readFile(output, 'utf8')).matchAll(/^(\w+)<<(ghadelimiter_\S+)\n(.*?)\n\2$/gms)]
  return { ...run, outputs: Object.fromEntries(outputs.map(([, name = '', , text = '']) => [name, text])) }
}

/** What of the requests to a registry since some point changes something, as `METHOD path`. */
export async function writesTo(registry: Registry, since: number): Promise<readonly string[]> {
  await registry.settled()
  return registry.accesses
    .slice(since)
    .filter(({ method }) => !['GET', 'HEAD'].includes(method))
    .map(({ method, path }) => `${method} ${path}`)
}
