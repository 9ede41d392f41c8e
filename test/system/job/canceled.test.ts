import { readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { hostState } from '../../e2e/support/hoststate.ts'
import { place } from '../../process/support/cli.ts'
import { repositoryRoot, tool } from '../../support/tools.ts'

it.each(['SIGINT', 'SIGTERM'] as const)(
  'a job that is canceled by %s while KIWI works leaves nothing',
  async (signal) => {
    await using here = await place()
    const before = await hostState()
    const env = { PATH: `${join(tool('kiwi-ng'), '..')}:${process.env['PATH']}` }
    let canceled = 0
    const run = await here.run(['--description', join(repositoryRoot, 'examples/debian'), '--install-tools'], {
      env,
      onError: (piece, child) => {
        if (canceled > 0 || !piece.includes('KIWI: Bootstrap')) return
        canceled = performance.now()
        child.kill(signal)
      },
    })
    expect(canceled).toBeGreaterThan(0)
    expect((performance.now() - canceled) / 1000).toBeLessThan(10)
    expect(run.exitCode, run.stderr).toBe(1)
    expect(run.stdout).toBe('')
    expect(run.errors).toHaveLength(1)
    expect(run.errors[0]).toMatch(/canceled/)
    expect(await here.leftovers()).toEqual([])
    expect(await readdir(here.folder)).toEqual([])
    expect(await hostState()).toEqual(before)
  },
)
