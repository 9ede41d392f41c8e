import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { locked } from '../../../src/registry/target/lock.ts'
import { type TestAccess, testAccess } from '../../support/registry.ts'

let folder: string
let access: TestAccess
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'lock-'))
  access = await testAccess()
})
afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** Whether another process would get the lock at once. */
async function isFree(): Promise<boolean> {
  return (await runCommand('flock', ['-n', '-x', folder, 'true'], { accept: [0, 1] })).exitCode === 0
}

it('a lock is held until the work has cleaned up, also after the job was canceled', async () => {
  const job = new AbortController()
  const seen = await locked(folder, { ...access, signal: job.signal }, async () => {
    job.abort()
    // So long the program behind the lock had to end.
    await new Promise((resolve) => setTimeout(resolve, 300))
    return await isFree()
  })
  expect(seen).toBe(false)
  expect(await isFree()).toBe(true)
})

it('a job that waits for a lock can be canceled, and leaves it to its holder', async () => {
  const job = new AbortController()
  await locked(folder, access, async () => {
    const waiting = locked(folder, { ...access, signal: job.signal }, async () => 'got it')
    await expect.poll(() => access.report.lines).toContain(`${folder}: waiting for another export into it`)
    job.abort()
    await expect(waiting).rejects.toThrow('flock was ended because the job was canceled')
    await expect(locked(folder, { ...access, signal: job.signal }, async () => 'got it')).rejects.toThrow('canceled')
  })
  expect(await isFree()).toBe(true)
})

it('a flock that ends without a lock is told, and the work is done', async () => {
  await writeFile(join(folder, 'flock'), '#!/bin/sh\n', { mode: 0o755 })
  const environment = { ...access.environment, PATH: `${folder}:${access.environment['PATH']}` }
  expect(await locked(folder, { ...access, environment }, async () => 'done')).toBe('done')
  expect(access.report.lines).toEqual([
    `${folder} cannot be locked (flock failed with exit code 0: it ended without holding the lock): no other export may write to it now`,
  ])
})
