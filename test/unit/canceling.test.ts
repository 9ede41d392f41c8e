import { expect, it } from 'vitest'
import { CommandError } from '../../src/errors.ts'
import { endOfJob } from '../../src/steps/canceling.ts'

const ended = new CommandError('qemu-img', ['--version'], { kind: 'signal', signal: 'SIGTERM' }, ['qemu-img 7.2'])

it('a program that a signal ended is a cancel where the job gets that signal too, a moment later', async () => {
  const canceling = new AbortController()
  const told = endOfJob(ended, canceling.signal)
  canceling.abort()
  expect(await told).toMatchObject({
    code: 'command-canceled',
    message: 'qemu-img was ended because the job was canceled',
    detail: [],
  })
})

it('a program that somebody else ended is told as it is', async () => {
  expect(await endOfJob(ended, new AbortController().signal)).toBe(ended)
})

it('what else went wrong while the job was canceled is told as it is', async () => {
  const failed = new CommandError('qemu-img', [], { kind: 'exit', code: 1 }, ['no space'])
  expect(await endOfJob(failed, AbortSignal.abort())).toBe(failed)
})
