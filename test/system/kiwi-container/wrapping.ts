import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { expect } from 'vitest'
import { place } from '../../process/support/cli.ts'
import { runAsRoot } from '../../support/root.ts'
import { tool, toolVersions } from '../../support/tools.ts'

/** What KIWI calls its results: `NAME.ARCH-VERSION`, of the descriptions below. */
export const KIWI_NAME = 'app.x86_64-1.2.3'

/** A raw disk with data, zeros and a hole. */
export interface RawDisk extends AsyncDisposable {
  readonly file: string
}

export async function rawDisk(): Promise<RawDisk> {
  const folder = await mkdtemp(join(tmpdir(), 'raw-disk-'))
  const file = join(folder, `${KIWI_NAME}.raw`)
  const data = Buffer.alloc(3 << 20)
  for (let at = 0; at < 1 << 20; at++) data[at] = (at * 2_654_435_761) >>> 13
  data.write('the last block', data.length - 512)
  await writeFile(file, data)
  return { file, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** The description of an image whose type has these attributes and this in it. */
export function description(attributes: string, content = ''): string {
  return `<?xml version="1.0" encoding="utf-8"?>
<image schemaversion="8.3" name="app">
  <description type="system">
    <author>Tux</author><contact>tux@example.com</contact><specification>An appliance</specification>
  </description>
  <preferences>
    <version>1.2.3</version>
    <packagemanager>apt</packagemanager>
    <type image="oem" filesystem="ext4" ${attributes}>
      <oemconfig><oem-resize>false</oem-resize></oemconfig>
      ${content}
    </type>
  </preferences>
  <repository type="apt-deb"><source path="http://127.0.0.1:9/debian"/></repository>
  <packages type="bootstrap"><package name="base-files"/></packages>
</image>
`
}

/** Archives of the same description and raw disk. */
export interface Archives extends AsyncDisposable {
  readonly ofKiwi: string
  readonly ours: string
}

/** @param ending of the archive's name, `oci` or `docker` */
export async function wrappedTwice(disk: RawDisk, text: string, ending: 'oci' | 'docker'): Promise<Archives> {
  const here = await place()
  await here.write('config.xml', text)
  const folder = join(here.folder, '../kiwi')
  // Both at once: they share nothing but what they read.
  const [ofKiwi] = await Promise.all([wrappedByKiwi(disk, text, folder), wrappedByUs()])
  return {
    ofKiwi,
    ours: join(here.folder, `${KIWI_NAME}.${ending}.tar`),
    [Symbol.asyncDispose]: () => here[Symbol.asyncDispose](),
  }

  async function wrappedByUs() {
    const programs = join(here.folder, '../programs')
    await writeKiwi(programs, disk)
    const env = { PATH: `${programs}:${process.env['PATH']}` }
    const made = await here.run(['--description', '.', '--install-tools', '--source-date-epoch=1700000000'], { env })
    expect(made.exitCode, made.stderr).toBe(0)
  }
}

/** KIWI's own path, by its Python API. */
async function wrappedByKiwi(disk: RawDisk, text: string, folder: string): Promise<string> {
  const [home, target, temp] = ['home', 'target', 'temp'].map((name) => join(folder, name)) as [string, string, string]
  for (const each of [join(home, '.config/kiwi'), target, temp]) await mkdir(each, { recursive: true })
  // The archive would be packed with xz, around layers that are packed already.
  await writeFile(join(home, '.config/kiwi/config.yml'), 'container:\n  compress: none\n')
  await writeFile(join(folder, 'config.xml'), text)
  await cp(disk.file, join(target, `${KIWI_NAME}.raw`))
  const python = join(dirname(tool('kiwi-ng')), 'python')
  const script = [join(import.meta.dirname, 'wrap.py'), join(folder, 'config.xml'), target, temp]
  const output = await runAsRoot('env', `HOME=${home}`, python, '-B', ...script)
  return output.split('\n').at(-1) ?? ''
}

/** A kiwi-ng whose builds are over at once: the raw disk is there already. */
async function writeKiwi(folder: string, disk: RawDisk): Promise<void> {
  const script = `#!/bin/sh
set -e
for argument do case $argument in
  --version) echo 'KIWI (next generation) version ${toolVersions['kiwi-ng']}' ;;
  --target-dir=*) target=\${argument#*=} ;;
esac; done
[ "$target" ] || exit 0
mkdir -p "$target"
cp '${disk.file}' "$target/"
printf '{"disk_image": {"filename": "%s/${KIWI_NAME}.raw"}}' "$target" >"$target/kiwi.result.json"
`
  await mkdir(folder)
  await writeFile(join(folder, 'kiwi-ng'), script)
  await chmod(join(folder, 'kiwi-ng'), 0o755)
}
