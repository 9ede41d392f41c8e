import { readdir, stat } from 'node:fs/promises'
import { dirname, join, resolve } from 'node:path'
import { InputError } from '../errors.ts'

export interface FoundDescription {
  /** Absolute. */
  readonly folder: string
  /** The file in it that describes the image, absolute. */
  readonly file: string
}

const YAML_NAMES = ['config.yaml', 'config.yml']

/**
 * Finds the main file of a description: `config.xml` before the only `*.kiwi` (kiwi/tasks/base.py), before
 * `config.yaml` or `config.yml`.
 *
 * @param path a folder, or the file itself; from the working folder where it is relative
 * @throws InputError for the input `description`: it is missing, holds no description, or more than one
 */
export async function findDescription(path: string): Promise<FoundDescription> {
  const refuse = (text: string) => new InputError([{ where: 'input description', text }])
  const place = resolve(path)
  const stats = await stat(place).catch(() => undefined)
  if (stats === undefined) throw refuse(`${path} does not exist: name the folder of a KIWI description`)
  if (stats.isFile()) return { folder: dirname(place), file: place }
  if (!stats.isDirectory())
    throw refuse(`${path} is neither a folder nor a file: name the folder of a KIWI description`)
  const names = await filesIn(place, () => refuse(`${path} cannot be read: give us the right to read it`))
  if (names.includes('config.xml')) return { folder: place, file: join(place, 'config.xml') }
  const kiwiNames = names.filter((name) => name.endsWith('.kiwi'))
  const candidates = kiwiNames.length > 0 ? kiwiNames : names.filter((name) => YAML_NAMES.includes(name))
  const [name, ...others] = candidates
  if (name === undefined) {
    throw refuse(
      `${path} holds no config.xml, *.kiwi, config.yaml or config.yml: name the folder of a KIWI description`,
    )
  }
  if (others.length > 0) {
    throw refuse(`${path} holds ${candidates.join(' and ')}: name the file to build, such as ${join(path, name)}`)
  }
  return { folder: place, file: join(place, name) }
}

async function filesIn(folder: string, unreadable: () => InputError): Promise<readonly string[]> {
  const names = await readdir(folder).catch(() => {
    throw unreadable()
  })
  const isFile = (name: string) =>
    stat(join(folder, name)).then(
      (stats) => stats.isFile(),
      () => false,
    )
  const checked = await Promise.all(names.sort().map(async (name) => ((await isFile(name)) ? [name] : [])))
  return checked.flat()
}
