import { DescriptionError, type Problem } from '../errors.ts'
import { containerProblems } from './containerrules.ts'
import {
  attributesOf,
  commaParts,
  type Description,
  type DescriptionDocument,
  type Include,
  type Preferences,
  type Profile,
  type Repository,
  type Scope,
} from './description.ts'
import { decodedText } from './encoding.ts'
import { descriptionBytes } from './file.ts'
import type { FoundDescription } from './find.ts'
import { includedFile } from './include.ts'
import { inlinedText } from './inline.ts'
import { optional } from './optional.ts'
import { descriptionProblem, lineCounter } from './place.ts'
import { isDiskType } from './type.ts'
import { attributeValue, childrenNamed, isTrue, type XmlElement, xmlTree } from './xml.ts'
import { yamlAsXml } from './yaml.ts'

/**
 * Reads a description with the files that it includes.
 *
 * @throws DescriptionError with file and line for all that is wrong in them: not well formed, an included file that is
 *   missing, no `<image>` or `<preferences>`, no name, no schema version, a `<containerconfig>` that the schema refuses. What else it checks is left to KIWI.
 */
export async function readDescription(found: FoundDescription): Promise<Description> {
  const main = await readDocument(found.file, true)
  const problems: Problem[] = [...rootProblems(main.root)]
  const includes: Include[] = []
  const documents = [main]
  for (const element of childrenNamed(main.root, 'include')) {
    const file = await includedDocument(element, found.folder, documents, problems)
    if (file !== undefined) includes.push({ element, file })
  }
  const sections = allSections(main.root, includes, documents)
  if (!sections.some((section) => section.name === 'preferences')) {
    problems.push(placed(main.root, 'there is no <preferences> section: add one with a <type>'))
  }
  const schemaVersion = attributeValue(main.root, 'schemaversion') ?? ''
  const types = sections
    .filter(({ name }) => name === 'preferences')
    .flatMap((section) => childrenNamed(section, 'type'))
  problems.push(...types.filter(isDiskType).flatMap((type) => containerProblems(type, schemaVersion)))
  if (problems.length > 0) throw new DescriptionError(problems)
  const named = (name: string) => sections.filter((section) => section.name === name)
  const author = authorOf(named('description')[0])
  return {
    ...found,
    documents,
    includes,
    name: attributeValue(main.root, 'name') ?? '',
    ...optional('displayName', attributeValue(main.root, 'displayname')),
    schemaVersion,
    ...optional('author', author),
    profiles: named('profiles').flatMap((section) => childrenNamed(section, 'profile').map(profile)),
    preferences: named('preferences').map(preferences),
    repositories: named('repository').map(repository),
  }
}

async function readDocument(file: string, mayBeYaml: boolean): Promise<DescriptionDocument> {
  const text = decodedText(await descriptionBytes(file), file)
  const isYaml = mayBeYaml && /\.ya?ml$/i.test(file)
  const source = isYaml ? { file, ...yamlAsXml(text, file) } : { file, text: withElements(text, file) }
  return { file, text: source.text, root: xmlTree(source) }
}

function withElements(text: string, file: string): string {
  return inlinedText(text, (offset, problem) => {
    throw new DescriptionError([descriptionProblem(file, lineCounter(text)(offset), problem)])
  })
}

/** Reads the file of an `<include>` into `documents`, once; KIWI reads XML there and no YAML. */
async function includedDocument(
  include: XmlElement,
  folder: string,
  documents: DescriptionDocument[],
  problems: Problem[],
): Promise<string | undefined> {
  const from = attributeValue(include, 'from')
  if (from === undefined) {
    problems.push(placed(include, 'this <include> names no file: write from="this://FILE"'))
    return undefined
  }
  const file = includedFile(from, folder)
  try {
    const known = documents.find((document) => document.file === file)
    const document = known ?? (await readDocument(file, false))
    if (known === undefined) documents.push(document)
    if (document.root.name === 'image') return file
    problems.push(placed(document.root, 'KIWI includes what stands in an <image> element: put one around it'))
  } catch (error) {
    if (error instanceof DescriptionError) problems.push(...error.problems)
    else if (isFileError(error)) problems.push(placed(include, `${file} cannot be read: name a file that exists`))
    else throw error
  }
  return undefined
}

function isFileError(error: unknown): boolean {
  return error instanceof Error && 'syscall' in error
}

/** KIWI puts the sections of an included file in the place of its `<include>` (kiwi/xsl/include.xsl). */
function allSections(
  root: XmlElement,
  includes: readonly Include[],
  documents: readonly DescriptionDocument[],
): readonly XmlElement[] {
  return root.children.flatMap((child) => {
    const file = includes.find((include) => include.element === child)?.file
    const included = documents.find((document) => document.file === file)
    return included === undefined ? [child] : included.root.children
  })
}

function rootProblems(root: XmlElement): readonly Problem[] {
  if (root.name !== 'image')
    return [placed(root, `<${root.name}> is no KIWI description: its outermost element is <image>`)]
  const problems: Problem[] = []
  const name = attributeValue(root, 'name')
  // safe-posix-name of kiwi/schema/kiwi.rnc; the name becomes the name of files.
  if (name === undefined) problems.push(placed(root, '<image> has no name: write name="NAME"'))
  else if (!/^[a-zA-Z0-9_\-.]+$/.test(name)) {
    problems.push(placed(root, `the image name ${JSON.stringify(name)} may hold letters, digits, _, - and . only`))
  }
  if (attributeValue(root, 'schemaversion') === undefined) {
    problems.push(placed(root, '<image> has no schemaversion: write the one of your KIWI, such as schemaversion="8.0"'))
  }
  return problems
}

function placed(element: XmlElement, text: string): Problem {
  return descriptionProblem(element.file, element.line, text)
}

function authorOf(section: XmlElement | undefined): string | undefined {
  if (section === undefined) return undefined
  const [author, contact] = [textOf(section, 'author'), textOf(section, 'contact')]
  return author === undefined ? undefined : contact === undefined ? author : `${author} <${contact}>`
}

function textOf(element: XmlElement, name: string): string | undefined {
  const text = childrenNamed(element, name)[0]?.text.trim()
  return text === '' ? undefined : text
}

function scope(element: XmlElement): Scope {
  return {
    profiles: commaParts(attributeValue(element, 'profiles')),
    architectures: commaParts(attributeValue(element, 'arch')),
  }
}

function profile(element: XmlElement): Profile {
  return {
    name: attributeValue(element, 'name') ?? '',
    isDefault: isTrue(element, 'import'),
    architectures: scope(element).architectures,
    requires: childrenNamed(element, 'requires').map((required) => ({
      profile: attributeValue(required, 'profile') ?? '',
      architectures: scope(required).architectures,
      element: required,
    })),
    element,
  }
}

function preferences(element: XmlElement): Preferences {
  const version = childrenNamed(element, 'version')[0]
  const packageManager = textOf(element, 'packagemanager')
  return {
    ...scope(element),
    ...(version === undefined || version.text.trim() === '' ? {} : { version }),
    ...(packageManager === undefined ? {} : { packageManager }),
    types: childrenNamed(element, 'type'),
  }
}

function repository(element: XmlElement, index: number): Repository {
  const source = childrenNamed(element, 'source')[0]
  const uri = source === undefined ? '' : (attributeValue(source, 'path') ?? '')
  return {
    ...scope(element),
    index,
    uri,
    isPlaceholder: /^obsrepositories:/i.test(uri.trim()),
    attributes: attributesOf(element),
    file: element.file,
    line: element.line,
    element,
  }
}
