import { chmod, mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it, vi } from 'vitest'
import { asRoot, findPrivileges } from '../../../src/host/privileges.ts'

it('root runs a program as it is', () => {
  expect(asRoot({ kind: 'root' }, 'mount', ['-a'])).toEqual({ program: 'mount', args: ['-a'] })
})

it('sudo never asks and takes no option of the program for its own', () => {
  expect(asRoot({ kind: 'sudo' }, 'mount', ['-a'])).toEqual({ program: 'sudo', args: ['-n', '--', 'mount', '-a'] })
})

it('a user without sudo is told how to become root', () => {
  expect(() => asRoot({ kind: 'none' }, 'mount', [])).toThrow(
    'building needs root: run as root or with password-less sudo',
  )
})

it('the user id of root is enough', async () => {
  expect(await findPrivileges(0)).toEqual({ kind: 'root' })
})

it.each([
  ['exit 1', { kind: 'none' }],
  ['kill -KILL $$', { kind: 'none' }],
  ['exit 0', { kind: 'sudo' }],
])('by sudo, which does %s', async (script, found) => {
  expect(await withSudo(script)).toEqual(found)
})

it('a sudo that a cancel ends says nothing of the machine', async () => {
  await expect(withSudo('kill -TERM $$')).rejects.toMatchObject({ code: 'command-signal' })
})

async function withSudo(script: string) {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'kiwi-oci-sudo-'))
  await writeFile(join(folder.path, 'sudo'), `#!/bin/sh\n${script}\n`)
  await chmod(join(folder.path, 'sudo'), 0o755)
  vi.stubEnv('PATH', `${folder.path}:${process.env['PATH']}`)
  try {
    return await findPrivileges(1000)
  } finally {
    vi.unstubAllEnvs()
  }
}
