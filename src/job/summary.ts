import { platformText } from '../oci/platform.ts'
import { childCompression } from '../plan/children.ts'
import { hasTree } from '../plan/kinds.ts'
import type { Plan } from '../plan/plan.ts'
import type { Built, BuiltChild, Published } from './result.ts'

/** @returns the job summary: what the image is, where it is, what it took, and how to get the disk out of it again. */
export function summaryMarkdown(plan: Plan, built: Built, published: Published): string {
  const title = plan.source.kind === 'description' ? `${plan.source.name} ${plan.source.version}` : built.disk.path
  const rows: (readonly [string, string])[] = [
    ['Digest', code(built.digest)],
    ['Tags', tagsText(published)],
    ...(published.exports.length > 0 ? [['Exported', published.exports.map(code).join('<br>')] as const] : []),
    ['Platform', platformText(plan.platform)],
    ...diskRows(plan, built),
    ...(hasTree(plan.kinds) ? [['Base', baseText(built)] as const] : []),
    ...(built.kiwi ? [['KIWI', built.kiwi.version] as const] : []),
  ]
  return [
    `### ${escaped(title)}`,
    '',
    '| | |',
    '| --- | --- |',
    ...rows.map(([name, value]) => `| ${name} | ${value} |`),
    '',
    '| Phase | Time |',
    '| --- | ---: |',
    ...built.phases.map(({ name, seconds }) => `| ${escaped(name)} | ${duration(seconds)} |`),
    '',
    ...retrieval(plan, built, published),
  ].join('\n')
}

function tagsText({ tags, image }: Published): string {
  if (tags.length > 0) return tags.map(code).join('<br>')
  return image === '' ? 'not pushed' : `none, pushed as ${code(image)}`
}

function baseText({ base }: Built): string {
  return base ? `${code(base.name)}<br>${code(base.digest)}` : 'scratch'
}

function diskRows(plan: Plan, { children }: Built): readonly (readonly [string, string])[] {
  const [only] = children
  if (children.length === 1 && only !== undefined)
    return [
      ['Disk', diskText(only)],
      ['Size', sizes(plan, only)],
    ]
  return children.map((child) => [
    [child.kind, child.diskType].filter(Boolean).join(' '),
    `${diskText(child)}<br>${sizes(plan, child)}<br>${code(child.digest)}`,
  ])
}

function diskText({ disk: { path, format } }: BuiltChild): string {
  return `${code(path)}, ${format}`
}

function sizes(plan: Plan, child: BuiltChild): string {
  const { virtualSizeBytes, sizeBytes } = child.disk
  const isPlain = childCompression(plan, child).algorithm === 'none'
  const packed = isPlain ? '' : `, ${megabytes(child.layerSizeBytes)} compressed`
  return `${megabytes(virtualSizeBytes)} virtual, ${megabytes(sizeBytes)} as file${packed}`
}

/** Lines to copy; they need what takes the kind (podman or docker, oras) and nothing of ours. */
function retrieval(plan: Plan, built: Built, { image, tags }: Published): readonly string[] {
  if (image === '') return []
  const byKind = new Map(built.children.map((child) => [child.kind, child]))
  const pulled = byKind.get('container') ?? byKind.get('kubevirt')
  const platform = built.children.length > 1 ? `--platform ${platformText(plan.platform)} ` : ''
  return [
    ...(pulled === undefined ? [] : containerLines(image, pulled.disk.path)),
    ...(byKind.has('artifact') ? block('Pull the disk as a file:', [`oras pull ${platform}${image}`]) : []),
    // podman 6 takes no digest; pkg/machine/ocipull/ociartifact.go.
    ...(byKind.has('podman-machine')
      ? block('Start it with podman machine:', [`podman machine init --image docker://${tags[0] ?? image}`])
      : []),
  ]
}

function containerLines(image: string, path: string): readonly string[] {
  const name = path.slice(path.lastIndexOf('/') + 1)
  return block('Pull the image and take the disk out:', [
    `podman pull ${image}`,
    `podman create --name disk ${image} true`,
    `podman cp ${quoted(`disk:${path}`)} ${quoted(name)}`,
    'podman rm disk',
  ])
}

function block(title: string, lines: readonly string[]): readonly string[] {
  return [title, '', '```sh', ...lines, '```', '']
}

/** A size in MB of a million bytes, as registries and disks are sold. */
export function megabytes(bytes: number): string {
  return bytes >= 1e9 ? `${(bytes / 1e9).toFixed(2)} GB` : `${(bytes / 1e6).toFixed(1)} MB`
}

export function duration(seconds: number): string {
  return seconds < 60 ? `${seconds.toFixed(1)} s` : `${Math.floor(seconds / 60)} min ${Math.round(seconds % 60)} s`
}

/** For a shell, only where it is needed: people read it. */
function quoted(text: string): string {
  return /^[\w@%+=:,./-]+$/.test(text) ? text : `'${text.replaceAll("'", `'\\''`)}'`
}

/** Names come from descriptions: they must not break out of the table or its formatting. */
function escaped(text: string): string {
  return text.replaceAll(/[\\`*_{}[\]<>#|!]/g, (sign) => `\\${sign}`).replaceAll(/\s+/g, ' ')
}

function code(text: string): string {
  return `\`${text.replaceAll(/[`|\s]/g, '')}\``
}
