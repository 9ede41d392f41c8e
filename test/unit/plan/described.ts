import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'

/** A folder with a description and a disk, for inputs of a plan. */
export interface Described extends AsyncDisposable {
  readonly folder: string
  /** An existing file. */
  readonly disk: string
}

/** @param type the `<type>`, in line 8 of config.xml */
export async function described(type: string): Promise<Described> {
  const folder = await mkdtemp(join(tmpdir(), 'described-'))
  const disk = join(folder, 'my.disk.img')
  await writeFile(disk, 'disk')
  await writeFile(
    join(folder, 'config.xml'),
    `<?xml version="1.0" encoding="utf-8"?>
<image schemaversion="7.4" name="tiny">
  <description type="system">
    <author>Tux</author><contact>tux@example.com</contact><specification>s</specification>
  </description>
  <preferences><version>1.2.3</version>
    <packagemanager>apt</packagemanager>
    ${type}
  </preferences>
  <repository type="apt-deb"><source path="http://127.0.0.1:9/debian"/></repository>
  <packages type="bootstrap"><package name="base-files"/></packages>
</image>
`,
  )
  return { folder, disk, [Symbol.asyncDispose]: () => rm(folder, { recursive: true }) }
}

/** A disk type with this format and container. */
export function typeOf(format: string, container = ''): string {
  return `<type image="oem" filesystem="ext4" format="${format}">${container}</type>`
}
