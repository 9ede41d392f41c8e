import { chmod, mkdir, mkdtemp, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { missingTools, searchFolders } from '../../../src/host/missing.ts'
import { everywhere, program, type Tool } from '../../../src/host/tool.ts'

let folder: string

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-missing-'))
})
afterEach(() => rm(folder, { recursive: true }))

const venv: Tool = { name: 'python3-venv', reason: '', look: { kind: 'python-venv' }, packages: {} }

async function executable(path: string): Promise<void> {
  await mkdir(join(path, '..'), { recursive: true })
  await writeFile(path, '#!/bin/sh\n')
  await chmod(path, 0o755)
}

it('the folders of system programs are searched whatever PATH says', () => {
  expect(searchFolders('/usr/bin::relative:/usr/sbin')).toEqual(['/usr/bin', '/usr/sbin', '/usr/local/sbin', '/sbin'])
})

it('all missing programs are named at once, in their order', async () => {
  await executable(join(folder, 'bin/rsync'))
  const tools = ['sgdisk', 'rsync', 'parted'].map((name) => program(name, '', everywhere(name)))
  const missing = await missingTools(tools, [join(folder, 'bin')])
  expect(missing.map((tool) => tool.name)).toEqual(['sgdisk', 'parted'])
})

it('one of several names is enough', async () => {
  await executable(join(folder, 'bin/dnf-3'))
  expect(await missingTools([program(['dnf4', 'dnf-3'], '', {})], [join(folder, 'bin')])).toEqual([])
})

it('a file that cannot be executed, and a folder, are no programs', async () => {
  await writeFile(join(folder, 'rsync'), '')
  await mkdir(join(folder, 'tar'))
  const missing = await missingTools([program('rsync', '', {}), program('tar', '', {})], [folder])
  expect(missing).toHaveLength(2)
})

it('a keyring is looked for as a file', async () => {
  const keyring = (path: string): Tool => ({ name: path, reason: '', look: { kind: 'file', path }, packages: {} })
  await writeFile(join(folder, 'here.gpg'), '')
  const missing = await missingTools([keyring(join(folder, 'here.gpg')), keyring(join(folder, 'gone.gpg'))], [])
  expect(missing.map((tool) => tool.name)).toEqual([join(folder, 'gone.gpg')])
})

it('a Python without ensurepip makes no environment', async () => {
  await executable(join(folder, 'bin/python3.11'))
  await symlink('python3.11', join(folder, 'bin/python3'))
  await mkdir(join(folder, 'lib/python3.11'), { recursive: true })
  expect(await missingTools([venv], [join(folder, 'bin')])).toEqual([venv])
  // A package that was removed leaves the folder of what Python compiled.
  await mkdir(join(folder, 'lib/python3.11/ensurepip'))
  expect(await missingTools([venv], [join(folder, 'bin')])).toEqual([venv])
  await writeFile(join(folder, 'lib/python3.11/ensurepip/__init__.py'), '')
  expect(await missingTools([venv], [join(folder, 'bin')])).toEqual([])
})

it('the ensurepip of another Python does not count', async () => {
  await executable(join(folder, 'bin/python3.11'))
  await symlink('python3.11', join(folder, 'bin/python3'))
  await mkdir(join(folder, 'lib/python3.11'), { recursive: true })
  await mkdir(join(folder, 'lib/python3.12/ensurepip'), { recursive: true })
  expect(await missingTools([venv], [join(folder, 'bin')])).toEqual([venv])
})

it('a script in front of Python, as pyenv has it, is taken for complete', async () => {
  await executable(join(folder, 'shims/python3'))
  expect(await missingTools([venv], [join(folder, 'shims')])).toEqual([])
})
