import { describe, expect, it } from 'vitest'
import { CommandError, describeError, HostError, spaceError } from '../../src/errors.ts'

const exit = { kind: 'exit', code: 1 } as const
const system = (code: string) => Object.assign(new Error(code), { code, path: '/d/x', syscall: 'write' })

describe('a full disk', () => {
  it.each([
    ['of the system', system('ENOSPC')],
    ['as a quota', system('EDQUOT')],
    ['of a program', new CommandError('qemu-img', [], exit, ['x', 'qemu-img: write: No space left on device', ''])],
    ['of a program, as a quota', new CommandError('qemu-img', [], exit, ['qemu-img: write: Disk quota exceeded'])],
  ])('is told as one, %s', (_, error) => {
    const told = spaceError(error, '/d')
    expect(told).toBeInstanceOf(HostError)
    expect(String(told)).toContain('no space is left in /d: free some')
  })

  it('is no other error', () => {
    for (const error of [system('EIO'), new CommandError('qemu-img', [], exit, ['broken']), 'ENOSPC', undefined]) {
      expect(spaceError(error, '/d')).toBe(error)
    }
  })

  it('is no bug of ours where nothing more is known', () => {
    for (const code of ['ENOSPC', 'EDQUOT']) {
      expect(describeError(system(code)).message).toMatch(/^\/d\/x: no space is left: /)
    }
  })
})
