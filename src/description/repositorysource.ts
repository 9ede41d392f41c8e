import { attributeEdits } from './attribute.ts'
import type { Repository } from './description.ts'
import { editedText, escapedValue, removal, type TextEdit } from './edits.ts'
import { childrenNamed, type XmlElement } from './xml.ts'

/** What stands in the place of an `obsrepositories:/` element, or of a part of it. */
export interface RepositorySource {
  readonly uri: string
  /** Left out keeps what the element says, and so do the members below. */
  readonly distribution?: string
  readonly components?: readonly string[]
  /** Files with the keys that sign it, absolute; each becomes a `<signing key>`. */
  readonly keyrings?: readonly string[]
  /** Whether it is for the image only and not for the build. */
  readonly imageOnly?: boolean
  /** Whether the image keeps it. */
  readonly imageInclude?: boolean
}

/**
 * Puts one `<repository>` per source in the place of one, on the same lines and in the order given: the last one that
 * the build uses names the distribution that KIWI bootstraps from (kiwi/repository/apt.py `add_repo`).
 *
 * @param text of the file that the repository stands in
 * @param aliases those in use; the new ones are added, since KIWI names a file after each
 * @param edits others that fall into the element
 */
export function repositoryReplacement(
  text: string,
  repository: Repository,
  sources: readonly RepositorySource[],
  aliases: Set<string>,
  edits: readonly TextEdit[],
): TextEdit {
  const { start, end } = repository.element
  const copies = sources.map((source, index) => {
    const alias = newAlias(repository, source, { index, count: sources.length }, aliases)
    const own = sourceEdits(text, repository, source, alias)
    const shifted = [...own, ...edits].map((edit) => ({ ...edit, start: edit.start - start, end: edit.end - start }))
    const copy = editedText(text.slice(start, end), shifted)
    return index === 0 ? copy : copy.replace(/\r\n|\r|\n/g, ' ')
  })
  return copies.length === 0 ? removal(text, { start, end }) : { start, end, text: copies.join('') }
}

function sourceEdits(text: string, repository: Repository, source: RepositorySource, alias?: string): TextEdit[] {
  const { element } = repository
  const sourceElement = childrenNamed(element, 'source')[0]
  const edits: TextEdit[] = []
  const set = (target: XmlElement, name: string, value: string | undefined) =>
    edits.push(...attributeEdits(text, target, name, value))
  if (sourceElement !== undefined) {
    set(sourceElement, 'path', source.uri)
    edits.push(...signingEdits(text, sourceElement, source.keyrings ?? []))
  }
  if (source.distribution !== undefined) set(element, 'distribution', source.distribution)
  if (source.components !== undefined) set(element, 'components', source.components.join(' '))
  if (alias !== undefined) set(element, 'alias', alias)
  // The schema takes one of the two.
  if (source.imageOnly === true) {
    set(element, 'imageinclude', undefined)
    set(element, 'imageonly', 'true')
  } else {
    if (source.imageOnly === false || source.imageInclude === true) set(element, 'imageonly', undefined)
    if (source.imageInclude !== undefined) set(element, 'imageinclude', source.imageInclude ? 'true' : undefined)
  }
  return edits
}

function signingEdits(text: string, source: XmlElement, keyrings: readonly string[]): readonly TextEdit[] {
  if (keyrings.length === 0) return []
  const signing = keyrings.map((file) => `<signing key="${escapedValue(`file://${file}`)}"/>`).join('')
  if (!text.slice(source.start, source.tagEnd).endsWith('/>')) {
    return [{ start: source.tagEnd, end: source.tagEnd, text: signing }]
  }
  return [{ start: source.tagEnd - 2, end: source.tagEnd, text: `>${signing}</${source.name}>` }]
}

/** Without an alias KIWI takes a hash of the URI, which several distributions of one mirror share. */
function newAlias(
  repository: Repository,
  source: RepositorySource,
  place: { readonly index: number; readonly count: number },
  aliases: Set<string>,
): string | undefined {
  const own = repository.attributes['alias']
  if (place.index === 0 && (own !== undefined || place.count === 1)) return undefined
  // safe-posix-name of kiwi/schema/kiwi.rnc
  const base = own ?? (source.distribution ?? 'repository').replace(/[^a-zA-Z0-9_\-.]/g, '-')
  let alias = base
  for (let number = 2; aliases.has(alias); number += 1) alias = `${base}-${number}`
  aliases.add(alias)
  return alias
}
