import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { gzipSync, zstdCompressSync } from 'node:zlib'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { tarEnd, tarHeader } from '../../../src/oci/tar/tar.ts'
import { findBase } from '../../../src/registry/base/basefile.ts'
import { parseBase } from '../../../src/registry/base/basename.ts'
import { noise } from '../../support/rawdisk.ts'

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'basefile-'))
  for (const [name, file] of [
    ['layout', 'index.json'],
    ['skopeo', 'manifest.json'],
    ['empty', undefined],
  ] as const) {
    await mkdir(join(folder, name))
    if (file !== undefined) await writeFile(join(folder, name, file), '{}')
  }
  const files = {
    'oci.tar': archive('./index.json'),
    'docker.tar': archive('manifest.json'),
    'both.tar': archive('manifest.json', 'index.json'),
    'deep.tar': archive('a/index.json'),
    'linked.tar': Buffer.concat([link('x'), archive('x/y', 'index.json')]),
    'climbing.tar': archive('index.json', '../y'),
    'linked-docker.tar': Buffer.concat([link('x'), archive('manifest.json')]),
    'cut.tar': archive('index.json').subarray(0, 700),
    'docker.tgz': gzipSync(archive('manifest.json')),
    'cut.tgz': gzipSync(archive('manifest.json')).subarray(0, 40),
    'oci.zst': Buffer.concat([
      zstdCompressSync(archive('x').subarray(0, 512)),
      zstdCompressSync(archive('index.json')),
    ]),
    // Broken where the plan does not look.
    'late.tgz': gzipSync(Buffer.concat([file(1 << 20), noise(1 << 20, 1), tarEnd()])).fill(0, 600_000),
    'large.zst': zstdCompressSync(Buffer.concat([file(1 << 20), Buffer.alloc(1 << 20), archive('index.json')])),
    'some.xz': Buffer.from('fd377a585a0000', 'hex'),
    'a:b.tar': archive('index.json'),
    text: Buffer.from('no archive'),
    nothing: Buffer.alloc(0),
  }
  for (const [name, bytes] of Object.entries(files)) await writeFile(join(folder, name), bytes)
})
afterAll(() => rm(folder, { recursive: true }))

const rest = { kind: 'file', mode: 0o644, uid: 0, gid: 0, sizeBytes: 0, mtimeSeconds: 0 } as const

function file(sizeBytes: number): Buffer {
  return tarHeader({ ...rest, path: 'layer', sizeBytes })
}

/** A symbolic link, by the type in the header and a new checksum. */
function link(path: string): Buffer {
  const header = tarHeader({ ...rest, path })
  header.write('2', 156, 'latin1')
  header.fill(' ', 148, 156)
  header.write(
    `${header
      .reduce((sum, byte) => sum + byte, 0)
      .toString(8)
      .padStart(6, '0')}\0 `,
    148,
    'latin1',
  )
  return header
}

function archive(...names: readonly string[]): Buffer {
  return Buffer.concat([...names.map((path) => tarHeader({ ...rest, path })), tarEnd()])
}

/** What is found for a name whose `@` is the folder, with the folder taken out again. */
async function found(name: string): Promise<unknown> {
  const text = name.replace('@', folder)
  const parsed = parseBase(text)
  if (parsed === 'scratch' || 'problem' in parsed) throw new Error(`${text} is no name`)
  return JSON.parse(JSON.stringify(await findBase(parsed, text)).replaceAll(folder, '@'))
}

describe('findBase', () => {
  it.each([
    ['oci:@/layout', { name: { transport: 'oci', path: '@/layout' } }],
    ['dir:@/skopeo', { name: { transport: 'dir', path: '@/skopeo' } }],
    ['dir://@/skopeo', { name: { transport: 'dir', path: '@/skopeo' } }],
    ['@/oci.tar', { name: { transport: 'oci-archive', path: '@/oci.tar' } }],
    ['file://@/docker.tar', { name: { transport: 'docker-archive', path: '@/docker.tar' } }],
    ['file:@/linked-docker.tar', { name: { transport: 'docker-archive', path: '@/linked-docker.tar' } }],
    ['dir:@/both.tar', { name: { transport: 'oci-archive', path: '@/both.tar' } }],
    ['docker-archive:@/both.tar:a', { name: { transport: 'docker-archive', path: '@/both.tar', name: 'a' } }],
    ['file:@/docker.tgz', { packing: 'gzip', path: '@/docker.tgz', kind: 'docker-archive' }],
    ['file:@/oci.zst', { packing: 'zstd', path: '@/oci.zst', kind: 'oci-archive' }],
    ['file:@/some.xz', { packing: 'xz', path: '@/some.xz' }],
    ['oci-archive:@/some.xz:a', { packing: 'xz', path: '@/some.xz', kind: 'oci-archive', image: 'a' }],
    ['file:@/late.tgz', { packing: 'gzip', path: '@/late.tgz' }],
    ['docker-archive:@/large.zst', { packing: 'zstd', path: '@/large.zst', kind: 'docker-archive' }],
    ['docker-daemon:x:1', { name: { transport: 'docker-daemon', path: 'x:1' } }],
  ])('takes %s', async (name, wanted) => {
    expect(await found(name)).toEqual(wanted)
  })

  it.each([
    ['file:@/none', 'is not there: name the file of a container archive'],
    ['oci:@/none', 'is not there: name the folder of a container'],
    ['oci:@/oci.tar', 'is a file: write file:PATH, oci-archive:FILE or docker-archive:FILE'],
    ['oci:@/empty', 'it holds no container: name an OCI layout, or the file of a container archive'],
    ['dir:@/layout', 'is no container folder of that kind: it is an OCI layout: write oci:DIR'],
    ['file:@/layout', 'is a folder: it is an OCI layout: write oci:DIR'],
    ['docker-archive:@/skopeo', 'is a folder: it is a folder of skopeo: write dir:DIR'],
    ['oci-archive:@/docker.tar', 'is no oci-archive but a docker-archive: write docker-archive:FILE'],
    ['docker-archive:@/oci.tar', 'is no docker-archive but an oci-archive: write oci-archive:FILE'],
    ['docker-archive:@/oci.zst', 'is no docker-archive but an oci-archive'],
    ['file:@/deep.tar', 'is no archive of a container, it holds neither index.json nor manifest.json'],
    ['file:@/nothing', 'it holds neither index.json nor manifest.json'],
    ['file:@/cut.tar', 'it is broken (entry 2: its header is cut)'],
    ['file:@/linked.tar', 'it is broken (its entry "x" leads out of it)'],
    ['oci-archive:@/climbing.tar', 'it is broken (its entry "../y" leads out of it)'],
    ['file:@/text', 'it is broken (entry 1: its header is cut)'],
    ['file:@/cut.tgz', 'it is broken (unexpected end of file)'],
    ['file:@/a:b.tar', 'has a colon in its path, which skopeo does not take: rename it'],
  ])('refuses %s', async (name, problem) => {
    expect(await found(name)).toEqual({ problem: expect.stringContaining(problem) })
  })
})
