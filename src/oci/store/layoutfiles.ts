import { constants } from 'node:fs'
import { open } from 'node:fs/promises'
import { join } from 'node:path'
import { isJsonObject } from '../../json.ts'
import type { Descriptor } from '../descriptor.ts'
import { DOCUMENT_LIMIT_BYTES, parseDocument } from '../document.ts'
import { parseIndex } from '../index/index.ts'
import { mediaTypes } from '../manifest.ts'
import { isRefName } from '../refname.ts'
import { attempt } from './attempt.ts'
import { REF_NAME } from './layout.ts'

/** What the files of a layout that nothing hashes say, as far as it can be read. */
export interface LayoutFiles {
  /** Of `index.json`, none where that cannot be read. */
  readonly entries: readonly Descriptor[]
  readonly violations: readonly string[]
}

/** Nothing hashes index.json, so what has no meaning in it is not let through. */
const INDEX_MEMBERS = ['schemaVersion', 'mediaType', 'artifactType', 'manifests', 'subject', 'annotations']
const DESCRIPTOR_MEMBERS = ['mediaType', 'digest', 'size', 'urls', 'annotations', 'data', 'platform', 'artifactType']

/** Reads `oci-layout` and `index.json`. Errors of the file system other than missing files are passed on. */
export async function readLayoutFiles(folder: string): Promise<LayoutFiles> {
  const version = await documentAt(join(folder, 'oci-layout'), 'oci-layout', versionViolations)
  const index = await documentAt(join(folder, 'index.json'), 'index.json', indexFileViolations)
  const violations = [...version.violations, ...index.violations]
  if (index.violations.length > 0) return { entries: [], violations }
  const { manifests } = parseIndex(index.bytes, undefined, 'index.json')
  return { entries: manifests, violations: [...violations, ...refNameViolations(manifests)] }
}

async function documentAt(
  path: string,
  name: string,
  check: (bytes: Uint8Array) => readonly string[],
): Promise<{ readonly bytes: Uint8Array; readonly violations: readonly string[] }> {
  const bytes = await smallFile(path)
  if (typeof bytes === 'string') return { bytes: new Uint8Array(), violations: [`${name}: ${bytes}`] }
  const checked = attempt(bytes, check)
  const violations = [...checked.violations, ...(checked.value ?? [])]
  return { bytes, violations: violations.map((violation) => `${name}: ${violation}`) }
}

/** The content, cut one byte above the limit of documents; or why there is none. */
async function smallFile(path: string): Promise<Uint8Array | string> {
  try {
    await using file = await open(path, constants.O_RDONLY | constants.O_NOFOLLOW | constants.O_NONBLOCK)
    if (!(await file.stat()).isFile()) return 'is not a regular file'
    const chunks: Buffer[] = []
    const content = file.createReadStream({ autoClose: false, start: 0, end: DOCUMENT_LIMIT_BYTES })
    for await (const chunk of content as AsyncIterable<Buffer>) chunks.push(chunk)
    return Buffer.concat(chunks)
  } catch (error) {
    const code = error instanceof Error && 'code' in error ? error.code : undefined
    if (code === 'ENOENT') return 'is missing'
    if (code === 'ELOOP') return 'is not a regular file'
    throw error
  }
}

function versionViolations(bytes: Uint8Array): readonly string[] {
  const version = parseDocument(bytes, 'oci-layout')['imageLayoutVersion']
  return version === '1.0.0' ? [] : [`its imageLayoutVersion is ${JSON.stringify(version)} instead of "1.0.0"`]
}

function indexFileViolations(bytes: Uint8Array): readonly string[] {
  const document = parseDocument(bytes, 'index.json')
  const entries = Array.isArray(document['manifests']) ? document['manifests'].filter(isJsonObject) : []
  const index = parseIndex(bytes, mediaTypes.index, 'index.json')
  const strange = [
    ...Object.keys(document).filter((member) => !INDEX_MEMBERS.includes(member)),
    ...entries.flatMap(Object.keys).filter((member) => !DESCRIPTOR_MEMBERS.includes(member)),
  ]
  return [
    ...strange.map((member) => `it has the unknown member ${JSON.stringify(member)}`),
    ...(index.annotations?.[REF_NAME] === undefined ? [] : ['it has a ref.name itself']),
  ]
}

function refNameViolations(entries: readonly Descriptor[]): readonly string[] {
  const names = entries.flatMap(({ annotations }) => annotations?.[REF_NAME] ?? [])
  const invalid = names.filter((name) => !isRefName(name))
  const repeated = new Set(names.filter((name, position) => names.indexOf(name) !== position))
  return [
    ...(entries.length === 0 ? ['index.json: it names no image'] : []),
    ...invalid.map((name) => `index.json: ${JSON.stringify(name)} is not a valid ref.name`),
    ...[...repeated].map((name) => `index.json: it has two images of the name ${name}`),
  ]
}
