import type { Plan } from '../plan/plan.ts'
import type { Built, Published } from './result.ts'

/** @returns the job summary: what the image is, where it is, what it took, and how to get the disk out of it again. */
export function summaryMarkdown(plan: Plan, built: Built, published: Published): string {
  const title = plan.source.kind === 'description' ? `${plan.source.name} ${plan.source.version}` : built.disk.path
  const where = published.tags.length > 0 ? published.tags.map(code).join('<br>') : 'not pushed'
  const base = built.base ? `${code(built.base.name)}<br>${code(built.base.digest)}` : 'scratch'
  const rows: (readonly [string, string])[] = [
    ['Digest', code(built.digest)],
    ['Tags', where],
    ...(published.exports.length > 0 ? [['Exported', published.exports.map(code).join('<br>')] as const] : []),
    ['Platform', [plan.platform.os, plan.platform.architecture, plan.platform.variant].filter(Boolean).join('/')],
    ['Disk', `${code(built.disk.path)}, ${built.disk.format}`],
    ['Size', sizes(built)],
    ['Base', base],
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
    ...retrieval(built, published),
    '',
  ].join('\n')
}

function sizes(built: Built): string {
  const { virtualSizeBytes, sizeBytes } = built.disk
  return `${megabytes(virtualSizeBytes)} virtual, ${megabytes(sizeBytes)} as file, ${megabytes(built.layerSizeBytes)} compressed`
}

/** Lines to copy; they need podman or docker and tar, nothing of ours. */
function retrieval(built: Built, published: Published): readonly string[] {
  if (published.image === '') return []
  const name = built.disk.path.slice(built.disk.path.lastIndexOf('/') + 1)
  return [
    'Pull the image and take the disk out:',
    '',
    '```sh',
    `podman pull ${published.image}`,
    `podman create --name disk ${published.image} true`,
    `podman cp ${quoted(`disk:${built.disk.path}`)} ${quoted(name)}`,
    'podman rm disk',
    '```',
  ]
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
