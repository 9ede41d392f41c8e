import { execFile } from 'node:child_process'
import { createHash } from 'node:crypto'
import { link, mkdir, mkdtempDisposable, readFile, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { gzipSync, zstdCompressSync } from 'node:zlib'

/** Entries for a cache as somebody makes them who wants more than to be cached, by what they try. */
export type Poisons = Readonly<Record<string, Buffer>>

const sha256 = (bytes: Buffer) => createHash('sha256').update(bytes).digest('hex')
const EVIL: Buffer = Buffer.from('not what anybody wanted')

interface Listed {
  readonly path?: unknown
  readonly sizeBytes?: unknown
  readonly sha256?: unknown
}

/** An entry in the product's form, made without it. */
export function craftedEntry(list: unknown, content: Buffer, length?: number): Buffer {
  const text = Buffer.from(typeof list === 'string' ? list : JSON.stringify(list))
  const first = `kiwi-oci-files/1 ${String(length ?? text.length).padStart(8, '0')}\n`
  return Buffer.concat([Buffer.from(first), text, content])
}

const file = (path: unknown, content = EVIL, lies: Listed = {}) =>
  craftedEntry([{ path, sizeBytes: content.length, sha256: sha256(content), ...lies }], content)

/**
 * @param victim absolute path of a file outside of the cache
 * @param layer of the base, whose name others may want
 */
export function craftedEntries(victim: string, layer: Buffer): Poisons {
  const hex = sha256(layer)
  const name = `blobs/sha256/${hex}`
  const up = '../'.repeat(20)
  return {
    'an absolute path': file(victim),
    'a path that climbs out': file(`${up}${victim.slice(1)}`),
    'a path that climbs out of a layer': file(`${name}/${up}${victim.slice(1)}`),
    'a package that climbs out': file(`${up}tmp/evil.deb`),
    'a path with a dot': file(`./${name}`),
    'a path with two slashes': file(`blobs//sha256/${hex}`),
    'an empty path': file(''),
    'a path with NUL': file(`${name}\0.deb`),
    'a path with a line end': file('a\n.deb'),
    'a path with a backslash': file('..\\..\\a.deb'),
    'a path that is too long': file(`${'a'.repeat(300)}.deb`),
    'a path that is too deep': file(`${'a/'.repeat(40)}a.deb`),
    'a path that is a number': file(7),
    'a layer with the content of another': file(name),
    'a layer with another content, and a lie about its hash': file(name, Buffer.alloc(layer.length, 1), {
      sha256: hex,
    }),
    'a layer one byte too short': file(name, layer.subarray(1), { sha256: hex }),
    'a layer with one byte changed': file(name, flipped(layer), { sha256: hex }),
    'a blob that is no layer of the base': file(`blobs/sha256/${sha256(EVIL)}`),
    'a file twice, the second another': craftedEntry(
      [listed(name, layer), { ...listed(name, layer), sha256: sha256(EVIL), sizeBytes: EVIL.length }],
      Buffer.concat([layer, EVIL]),
    ),
    'a layer, and more than is listed': craftedEntry([listed(name, layer)], Buffer.concat([layer, EVIL])),
    'a layer that is cut on its way': craftedEntry([listed(name, layer)], layer.subarray(0, layer.length >> 1)),
    'a program for kiwi-ng': file('path/kiwi-ng', Buffer.from('#!/bin/sh\necho evil')),
    'a module for kiwi-ng': file('lib/python3.11/site-packages/sitecustomize.py'),
    'a size below zero': file(name, layer, { sizeBytes: -1 }),
    'a size that is no whole number': file(name, layer, { sizeBytes: 0.5 }),
    'a file of a thousand terabytes': file('a.deb', EVIL, { sizeBytes: 10 ** 15 }),
    'a list of ten gigabytes of nothing': craftedEntry([], Buffer.alloc(0), 99_999_999),
    'a list that is cut': craftedEntry('[{"path":', Buffer.alloc(0), 500),
    'a list that is none': craftedEntry('{"path":"a"}', EVIL),
    'a list of null': craftedEntry('[null]', EVIL),
    'a list with a prototype': craftedEntry(`[{"__proto__":{"path":${JSON.stringify(victim)}}}]`, EVIL),
    'nothing at all': Buffer.alloc(0),
  }
}

/** Archives as @actions/cache keeps and unpacks them, with `tar -P`. */
export async function tarEntries(victim: string): Promise<Poisons> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'poison-'))
  const at = (name: string) => join(folder.path, name)
  await writeFile(at('evil'), EVIL)
  await symlink(join(victim, '..'), at('folder'))
  await link(at('evil'), at('hard'))
  await promisify(execFile)('mkfifo', [at('pipe')])
  await mkdir(at('d'))
  const tar = async (...args: string[]) => {
    await promisify(execFile)('tar', ['-P', '-C', folder.path, '-cf', at('made.tar'), ...args])
    return await readFile(at('made.tar'))
  }
  const toVictim = `s,^evil$,${victim},`
  const absolute = await tar('--transform', toVictim, 'evil')
  const device = changedType(absolute, '3')
  return {
    'a tar with an absolute path': absolute,
    'a tar with an absolute path, by gzip': gzipSync(absolute),
    'a tar with an absolute path, by zstd': zstdCompressSync(absolute),
    'a tar that climbs out': await tar('--transform', `s,^evil$,${'../'.repeat(20)}${victim.slice(1)},`, 'evil'),
    'a tar with a link to a folder and a file through it': await tar(
      '--transform',
      's,^evil$,folder/victim,',
      'folder',
      'evil',
    ),
    'a tar with a hard link': await tar('evil', 'hard'),
    'a tar with a pipe': await tar('pipe'),
    'a tar with a device': device,
  }
}

function listed(path: string, content: Buffer) {
  return { path, sizeBytes: content.length, sha256: sha256(content) }
}

function flipped(bytes: Buffer): Buffer {
  const changed = Buffer.from(bytes)
  changed[changed.length >> 1] = (changed[changed.length >> 1] ?? 0) ^ 1
  return changed
}

/** Another type in the first header, with the sum that belongs to it. */
function changedType(tar: Buffer, type: string): Buffer {
  const changed = Buffer.from(tar)
  changed.write(type, 156, 'latin1')
  changed.write(' '.repeat(8), 148, 'latin1')
  const sum = changed.subarray(0, 512).reduce((total, byte) => total + byte, 0)
  changed.write(`${sum.toString(8).padStart(6, '0')}\0 `, 148, 'latin1')
  return changed
}
