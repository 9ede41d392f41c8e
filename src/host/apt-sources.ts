import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'

/** One suite that apt reads from. */
export interface AptSource {
  /** As written, `mirror+file:` and the like among them. */
  readonly uri: string
  /** `noble`, `noble-updates`; ends in `/` for flat repositories. */
  readonly suite: string
  readonly components: readonly string[]
  /** Debian's architecture names; all of the machine's where left out. */
  readonly architectures?: readonly string[]
  /** What `Signed-By` says; apt's trusted keys where left out. */
  readonly signedBy?:
    | { readonly kind: 'files'; readonly paths: readonly string[] }
    | { readonly kind: 'text'; readonly text: string }
  /** `trusted=yes`: apt takes it without a signature. */
  readonly trusted: boolean
}

/**
 * The sources of a one-line-style file. sources.list(5); lines of source packages and comments are left out.
 */
export function oneLineSources(text: string): readonly AptSource[] {
  return text.split('\n').flatMap((line) => {
    const match = /^\s*deb\s+(?:\[([^\]]*)\]\s*)?(\S+)\s+(\S+)((?:\s+[^\s#]\S*)*)\s*(?:#.*)?$/.exec(line)
    const [, options = '', uri, suite, components = ''] = match ?? []
    if (uri === undefined || suite === undefined) return []
    const given = new Map(words(options).map((option) => splitAt(option, '=')))
    return [
      {
        uri,
        suite,
        components: words(components),
        ...architecturesOf(given.get('arch')?.split(',')),
        ...signedByOf(given.get('signed-by')?.split(',').join(' ')),
        trusted: given.get('trusted') === 'yes',
      },
    ]
  })
}

/**
 * The sources of a deb822-style file: one for each URI and suite of its stanzas. sources.list(5), deb822(5); stanzas
 * that are switched off or name source packages only are left out.
 */
export function deb822Sources(text: string): readonly AptSource[] {
  return stanzas(text).flatMap((fields) => {
    if (/^(no|false|0|off|without|disable)$/i.test(fields.get('enabled') ?? 'yes')) return []
    if (!words(fields.get('types') ?? '').includes('deb')) return []
    const common = {
      components: words(fields.get('components') ?? ''),
      ...architecturesOf(fields.has('architectures') ? words(fields.get('architectures') ?? '') : undefined),
      ...signedByOf(fields.get('signed-by')),
      trusted: /^(yes|true|1|on|with|enable)$/i.test(fields.get('trusted') ?? ''),
    }
    const suites = words(fields.get('suites') ?? '')
    return words(fields.get('uris') ?? '').flatMap((uri) => suites.map((suite) => ({ uri, suite, ...common })))
  })
}

/**
 * Reads what this machine's apt reads from, in the order of apt.
 *
 * @param root where the machine's file tree starts
 * @returns nothing where there is no apt
 */
export async function readAptSources(root = '/'): Promise<readonly AptSource[]> {
  const folder = join(root, 'etc/apt/sources.list.d')
  const names = (await readdir(folder).catch(() => [])).toSorted()
  const files = [join(root, 'etc/apt/sources.list'), ...names.map((name) => join(folder, name))]
  const sources = await Promise.all(
    files.map(async (file) => {
      const parse = file.endsWith('.sources') ? deb822Sources : file.endsWith('.list') ? oneLineSources : undefined
      if (parse === undefined) return []
      return parse(await readFile(file, 'utf8').catch(() => ''))
    }),
  )
  return sources.flat()
}

/** The keyrings that apt trusts for every source, as sources without Signed-By use them; absolute paths below `root`. */
export async function readTrustedKeyrings(root = '/'): Promise<readonly string[]> {
  const folder = join(root, 'etc/apt/trusted.gpg.d')
  const names = await readdir(folder).catch(() => [])
  return names
    .filter((name) => /\.(gpg|asc)$/.test(name))
    .toSorted()
    .map((name) => join(folder, name))
}

function stanzas(text: string): readonly ReadonlyMap<string, string>[] {
  const found: Map<string, string>[] = [new Map()]
  let last = ''
  for (const line of text.split('\n')) {
    const current = found.at(-1)
    const [, key, value = ''] = /^([A-Za-z0-9-]+):\s*(.*)$/.exec(line) ?? []
    if (line.startsWith('#') || current === undefined) continue
    if (line.trim() === '') found.push(new Map())
    else if (key !== undefined) {
      last = key.toLowerCase()
      current.set(last, value.trim())
    } else if (/^\s/.test(line)) current.set(last, `${current.get(last) ?? ''}\n${continued(line)}`)
  }
  return found
}

/** deb822(5): a continuation line starts with a space, and a dot alone stands for an empty line. */
function continued(line: string): string {
  const text = line.slice(1).trimEnd()
  return text.trim() === '.' ? '' : text
}

function signedByOf(value: string | undefined): Pick<AptSource, 'signedBy'> {
  if (value === undefined) return {}
  if (value.includes('-----BEGIN PGP PUBLIC KEY BLOCK-----')) {
    const text = value
      .split('\n')
      .map((line) => line.trim())
      .join('\n')
      .trim()
    return { signedBy: { kind: 'text', text: `${text}\n` } }
  }
  // Fingerprints choose among apt's trusted keys and are no files.
  const paths = words(value).filter((word) => word.startsWith('/'))
  return paths.length > 0 ? { signedBy: { kind: 'files', paths } } : {}
}

function architecturesOf(names: readonly string[] | undefined): Pick<AptSource, 'architectures'> {
  return names === undefined || names.length === 0 ? {} : { architectures: names }
}

function words(text: string): string[] {
  return text.split(/\s+/).filter((word) => word !== '')
}

function splitAt(text: string, separator: string): [string, string] {
  const at = text.indexOf(separator)
  return at < 0 ? [text.toLowerCase(), ''] : [text.slice(0, at).toLowerCase(), text.slice(at + 1)]
}
