import { mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { type CommandOptions, runCommand } from '../../src/command.ts'
import type { ErrorCode } from '../../src/errorcode.ts'
import { coded } from '../support/coded.ts'

const node = (script: string) => [process.execPath, ['--eval', script]] as const

function isRunning(pid: number): boolean {
  try {
    return process.kill(pid, 0)
  } catch {
    return false
  }
}

it('a program whose lines cannot be taken is ended before that is told', async () => {
  const [program, args] = node('console.log(process.pid); setInterval(() => console.log("x".repeat(100_000)), 1)')
  let pid = 0
  const onLine = (line: string) => {
    pid ||= Number(line)
    throw new Error('no more')
  }
  await expect(runCommand(program, args, { onLine })).rejects.toThrow('no more')
  expect(pid).toBeGreaterThan(0)
  expect(isRunning(pid)).toBe(false)
})

it('an error of the file system in what takes the lines is not one of the program', async () => {
  const onLine = () => {
    throw Object.assign(new Error('mine'), { code: 'ENOENT' })
  }
  await expect(runCommand(...node('console.log(1)'), { onLine })).rejects.toThrow('mine')
})

it('a folder that is gone is not told as a missing program', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'command-'))
  await rm(folder, { recursive: true })
  const [program, args] = node('')
  const gone = await runCommand(program, args, { cwd: folder }).catch((error: unknown) => error)
  expect(gone).toEqual(coded('host-folder', `${folder} is no folder to work in`))
  await expect(runCommand(program, args, { cwd: process.execPath })).rejects.toThrow('is no folder to work in')
  const missing = await runCommand('no-such-program', [], { cwd: tmpdir() }).catch((error: unknown) => error)
  expect(missing).toEqual(coded('command-missing', 'no-such-program is not installed'))
})

it('a program that neither reads nor writes is ended, and told as one that stood still', async () => {
  const still = await runCommand('sleep', ['600'], { idleSeconds: 0.4 }).catch((error: unknown) => error)
  expect(still).toMatchObject({ outcome: { kind: 'idle', seconds: 0.4 } })
  expect(String(still)).toContain('sleep neither read nor wrote anything for 0.4 s and was ended')
})

it('a program that goes on reading and writing is not ended, however long it takes', async () => {
  const options = { idleSeconds: 0.4, signal: AbortSignal.timeout(1_500) }
  const moving = runCommand('dd', ['if=/dev/zero', 'of=/dev/null'], options).catch((error: unknown) => error)
  expect(await moving).toMatchObject({ outcome: { kind: 'canceled' } })
})

it.each<[code: ErrorCode, script: string, options: CommandOptions, text: string]>([
  ['command-exit', 'console.error("no"); process.exit(3)', {}, 'failed with exit code 3: no'],
  ['command-signal', 'process.kill(process.pid, "SIGKILL")', {}, 'was ended by SIGKILL'],
  ['command-timeout', 'setInterval(() => {}, 1000)', { timeoutSeconds: 0.1 }, 'gave no result within 0.1 s'],
  ['command-idle', 'setInterval(() => {}, 1000)', { idleSeconds: 1 }, '1 s'],
  ['command-canceled', 'setInterval(() => {}, 1000)', { signal: AbortSignal.timeout(1) }, 'the job was canceled'],
])('a program that ends otherwise than it should is told as %s', async (code, script, options, text) => {
  await expect(runCommand(...node(script), options)).rejects.toThrow(coded(code, text))
})
