import { mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { type CheckRequest, checkDescription, knownSchema } from '../../../src/kiwi/check.ts'
import { PINNED_VERSION } from '../../../src/kiwi/version.ts'
import { tool } from '../../support/tools.ts'
import { makeWork, removeWork } from './supervised.ts'

let work: string
beforeEach(async () => {
  work = await makeWork('')
})
afterEach(() => removeWork(work))

const DESCRIPTION = `<?xml version="1.0"?>
<image schemaversion="7.4" name="example">
  <description type="system">
    <author>a</author><contact>c</contact><specification>s</specification>
  </description>
  <preferences>
    <version>1.0.0</version>
    <packagemanager>apt</packagemanager>
    <type image="oem" filesystem="ext4" firmware="bios"/>
  </preferences>
  <repository type="apt-deb"><source path="http://127.0.0.1/none"/></repository>
  <packages type="bootstrap"/>
</image>
`

async function check(text: string, changes: Partial<CheckRequest> = {}) {
  await mkdir(join(work, 'description'))
  await writeFile(join(work, 'description/config.xml'), text)
  await checkDescription({
    kiwi: tool('kiwi-ng'),
    kiwiVersion: PINNED_VERSION,
    description: join(work, 'description'),
    file: '/home/me/images/example.kiwi',
    schemaVersion: '7.4',
    workFolder: work,
    offered: {},
    profiles: [],
    globalArguments: [],
    ...changes,
  })
}

describe('KIWI from PyPI', () => {
  it('accepts a description', async () => {
    await check(DESCRIPTION, { type: 'oem' })
  })

  it('refuses what its schema does not allow, with its reason', async () => {
    await expect(check(DESCRIPTION.replace('<version>', '<colour/><version>'))).rejects.toThrow(
      /^example\.kiwi: kiwi-ng [\d.]+ refuses the description: .*colour/,
    )
  })

  it('refuses a schema version of the future, with both versions', async () => {
    const future = check(DESCRIPTION.replace('7.4', '99.0'), { schemaVersion: '99.0' })
    await expect(future).rejects.toThrow(
      /the description needs schema 99\.0, kiwi-ng [\d.]+ knows up to \d+\.\d+: set kiwi-version or lower schemaversion$/,
    )
  })

  it('refuses a profile that is not there', async () => {
    await expect(check(DESCRIPTION, { profiles: ['Nope'] })).rejects.toThrow(
      'KiwiProfileNotFound: profile Nope not found',
    )
  })

  it('refuses a global argument that it does not know, and the input is named', async () => {
    await expect(check(DESCRIPTION, { globalArguments: ['--nonsense'] })).rejects.toThrow(
      'input kiwi-global-arguments: KIWI says: No such option: --nonsense',
    )
  })

  it('tells the schema that it knows', async () => {
    expect(await knownSchema(tool('kiwi-ng'))).toMatch(/^\d+\.\d+$/)
  })
})

it('the schema of something that is no KIWI is unknown', async () => {
  expect(await knownSchema('/bin/sh')).toBeUndefined()
})
