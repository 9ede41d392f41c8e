import { describe, expect, it } from 'vitest'
import { CommandError, describeError, HostError, RegistryError, RelayedError, spaceError } from '../../src/errors.ts'

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
      expect(describeError(system(code))).toMatchObject({
        code: 'filesystem-space',
        message: expect.stringMatching(/^\/d\/x: no space is left: /),
      })
    }
  })
})

describe('what is thrown', () => {
  it('by us is told with its code, and the exit code that belongs to it', () => {
    const wrong = new RegistryError('registry-missing', 'it is not there', { side: 'base', reference: 'h/x:1' })
    expect(describeError(wrong)).toEqual({
      code: 'registry-missing',
      message: 'it is not there',
      detail: [],
      exitCode: 2,
    })
    expect(describeError(new HostError('host-root', 'no', 'yes'))).toMatchObject({ code: 'host-root', exitCode: 1 })
  })

  it('by a process of ours is told as it says', () => {
    const relayed = new RelayedError('filesystem-read-only', '/x: read-only')
    expect(describeError(relayed)).toMatchObject({
      code: 'filesystem-read-only',
      message: '/x: read-only',
      exitCode: 1,
    })
  })

  it('by a cancel is no bug', () => {
    expect(describeError(AbortSignal.abort().reason)).toEqual({
      code: 'canceled',
      message: 'the job was canceled',
      detail: [],
      exitCode: 1,
    })
  })

  it.each([[new TypeError('x is undefined')], ['x is undefined'], [new RangeError('x is undefined')]])(
    'by nobody who knows better is a bug: %s',
    (thrown) => {
      expect(describeError(thrown)).toMatchObject({
        code: 'bug',
        message: 'x is undefined (a bug in kiwi-oci: please report it with the lines below)',
        exitCode: 1,
      })
    },
  )
})
