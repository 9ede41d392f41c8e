import { normalize, resolve } from 'node:path'
import { attributeEdits } from './attribute.ts'
import type { Description, DescriptionDocument } from './description.ts'
import { editedText, removal, type TextEdit } from './edits.ts'
import { type RepositorySource, repositoryReplacement } from './repositorysource.ts'
import { isDiskType } from './type.ts'
import { attributeValue, type XmlElement } from './xml.ts'

export interface DescriptionEdits {
  /** What stands for a repository, by its index in the description; others stay as they are. */
  readonly repositories?: ReadonlyMap<number, readonly RepositorySource[]>
  /** Absolute paths that the copy leaves out, such as a work folder that stands within the description. */
  readonly leaveOut?: readonly string[]
}

/**
 * Attributes of a disk type that make KIWI turn the raw disk into something else, or make more than it
 * (kiwi/builder/disk.py `create_disk_format`, `create_install_media`). The schema takes `derived_from` only beside some
 * formats, so it goes with them.
 */
const RESULT_ATTRIBUTES = [
  'format',
  'formatoptions',
  'bundle_format',
  'derived_from',
  'installiso',
  'installstick',
  'installpxe',
]

/** What the schema takes only beside some of these, each of them for what is made of the disk. */
const RESULT_ELEMENTS = ['containerconfig', 'installmedia']

/** Attributes that name a file from the description's folder, by element; KIWI takes an absolute path for each. */
const FILE_ATTRIBUTES: readonly (readonly [string, string])[] = [
  ['archive', 'name'],
  ['file', 'name'],
  ['type', 'editbootconfig'],
  ['type', 'editbootinstall'],
  ['repository', 'customize'],
]

/**
 * The XML with which KIWI makes the plain raw disk of every disk type. Line numbers and all that is not edited stay as
 * they are; the text is meant to be written as UTF-8.
 *
 * @param includePaths where the staged copy has the included files, from its folder, by their own paths
 * @returns the text of each document, by its path
 */
export function rewrittenDocuments(
  description: Description,
  edits: DescriptionEdits,
  includePaths: ReadonlyMap<string, string>,
): ReadonlyMap<string, string> {
  const aliases = new Set(description.repositories.flatMap(({ attributes }) => attributes['alias'] ?? []))
  const texts = description.documents.map((document) => {
    const elements = elementsOf(document.root)
    const all = [
      ...encodingEdits(document.text),
      ...elements.filter(isType).flatMap((type) => typeEdits(document.text, type)),
      ...includeEdits(document, description, includePaths),
      ...repositoryEdits(document, description, edits, aliases),
    ]
    return [document.file, editedText(document.text, all)] as const
  })
  return new Map(texts)
}

/** Edits of references too, since those may stand within a repository. */
function repositoryEdits(
  document: DescriptionDocument,
  description: Description,
  edits: DescriptionEdits,
  aliases: Set<string>,
): readonly TextEdit[] {
  const references = elementsOf(document.root).flatMap((element) => referenceEdits(element, description.folder))
  const free = new Set(references)
  const replaced = new Map<XmlElement, TextEdit>()
  for (const repository of description.repositories) {
    const sources = edits.repositories?.get(repository.index)
    const { element } = repository
    if (sources === undefined || element.file !== document.file || replaced.has(element)) continue
    const within = references.filter((edit) => edit.start >= element.start && edit.end <= element.end)
    for (const edit of within) free.delete(edit)
    replaced.set(element, repositoryReplacement(document.text, repository, sources, aliases, within))
  }
  return [...free, ...replaced.values()]
}

function encodingEdits(text: string): readonly TextEdit[] {
  const match = /^<\?xml\s[^?]*?encoding\s*=\s*(?:"([^"]*)"|'([^']*)')/.exec(text)
  const encoding = match?.[1] ?? match?.[2]
  if (match === null || encoding === undefined || /^utf-?8$/i.test(encoding)) return []
  const end = match[0].length - 1
  return [{ start: end - encoding.length, end, text: 'UTF-8' }]
}

function typeEdits(text: string, type: XmlElement): readonly TextEdit[] {
  const attributes = type.attributes.filter((attribute) => RESULT_ATTRIBUTES.includes(attribute.name))
  const elements = type.children.filter((child) => RESULT_ELEMENTS.includes(child.name))
  return [...attributes, ...elements].map((span) => removal(text, span))
}

function isType(element: XmlElement): boolean {
  return element.name === 'type' && isDiskType(element)
}

function includeEdits(
  document: DescriptionDocument,
  description: Description,
  includePaths: ReadonlyMap<string, string>,
): readonly TextEdit[] {
  return description.includes.flatMap(({ element, file }) => {
    const path = includePaths.get(file)
    if (element.file !== document.file || path === undefined) return []
    const from = `this://${path}`
    return attributeValue(element, 'from') === from ? [] : attributeEdits(document.text, element, 'from', from)
  })
}

/** References that climb out of the folder would lead nowhere from the staged copy: they become absolute. */
function referenceEdits(element: XmlElement, folder: string): readonly TextEdit[] {
  const edits: TextEdit[] = []
  const replace = (name: string, text: string) => edits.push(...attributeEdits('', element, name, text))
  for (const [elementName, name] of FILE_ATTRIBUTES) {
    const path = element.name === elementName ? attributeValue(element, name) : undefined
    if (path !== undefined && climbsOut(path)) replace(name, resolve(folder, path))
  }
  const [name, scheme] = element.name === 'source' ? ['path', 'dir'] : ['key', 'file']
  const uri = ['source', 'signing'].includes(element.name) ? attributeValue(element, name) : undefined
  // kiwi/xml_state.py resolve_this_path
  if (uri?.startsWith('this://') && climbsOut(uri.slice('this://'.length))) {
    replace(name, `${scheme}://${resolve(folder, uri.slice('this://'.length))}`)
  }
  return edits
}

function climbsOut(path: string): boolean {
  return normalize(path).split('/')[0] === '..'
}

function elementsOf(element: XmlElement): readonly XmlElement[] {
  return [element, ...element.children.flatMap(elementsOf)]
}
