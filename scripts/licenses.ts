import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

interface PackageManifest {
  readonly name: string
  readonly version: string
  readonly license?: string
}

/**
 * The notices that the licenses of bundled packages ask for: name, version, license and its text, by name.
 *
 * @param modules paths of the modules in the bundles; those outside of node_modules are ours and need none
 */
export async function licenseNotices(modules: Iterable<string>): Promise<string> {
  const folders = new Set<string>()
  for (const module of modules) {
    const folder = /^\0?(.*\/node_modules\/(?:@[^/]+\/)?[^/]+)\//.exec(module)?.[1]
    if (folder !== undefined) folders.add(folder)
  }
  const notices = await Promise.all([...folders].map(notice))
  // The same package may be there in two folders of one version.
  return [...new Set(notices)].sort().join('\n')
}

async function notice(folder: string): Promise<string> {
  const manifest = JSON.parse(await readFile(join(folder, 'package.json'), 'utf8')) as PackageManifest
  const title = `${manifest.name} ${manifest.version} (${manifest.license ?? 'license not stated'})`
  const texts: string[] = []
  for (const name of (await readdir(folder)).sort()) {
    if (!/^(licen[cs]e|notice)(\.|-|$)/i.test(name)) continue
    texts.push((await readFile(join(folder, name), 'utf8')).replaceAll('\r\n', '\n').trim())
  }
  return `${[`==== ${title}`, ...texts].join('\n\n')}\n`
}
