import { expect, it } from 'vitest'
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
