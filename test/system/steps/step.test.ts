import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtempDisposable, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { expect, it } from 'vitest'

const STEPS = join(import.meta.dirname, '../../../src/steps')

/** A step that waits for what never comes, since what it waits for threw where nobody catches it. */
const LOST = `
const [, steps, folder] = process.argv
const { runStep } = await import(steps + '/step.ts')
const { startGuardian } = await import(steps + '/guardian.ts')
await runStep(async () => {
  const { execPath: nodePath, env } = process
  const guardian = await startGuardian({ nodePath, abandonedPath: steps + '/abandoned.ts', searchPath: env.PATH })
  guardian.watch(folder)
  setTimeout(() => { throw new Error('lost') })
  await new Promise(() => {})
}, 100)
`

it('a step in which an error is lost ends with it, and its guardian removes what it had', async () => {
  await using temp = await mkdtempDisposable(join(tmpdir(), 'kiwi-oci-step-'))
  const folder = join(temp.path, 'kiwi-oci-1')
  await mkdir(folder)
  const step = spawn(process.execPath, ['--input-type=module', '--eval', LOST, STEPS, folder])
  const [said, [exitCode]] = await Promise.all([text(step.stdout), once(step, 'exit')])
  expect(said).toContain('::error title=bug::lost')
  expect(exitCode).toBe(1)
  const isThere = () => stat(folder).then(Boolean, () => false)
  await expect.poll(isThere, { timeout: 10_000 }).toBe(false)
})
