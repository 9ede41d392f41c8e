import { cp, readdir } from 'node:fs/promises'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { hostState } from '../../e2e/support/hoststate.ts'
import { description, type Place, place } from '../../process/support/cli.ts'
import { runAsRoot, signalAsRoot } from '../../support/root.ts'
import { makeSudoUser, type SudoUser } from '../../support/sudouser.ts'
import { repositoryRoot } from '../../support/tools.ts'

/** Nothing of the one who runs the tests, whose folders this user may not enter: kiwi-ng is installed as well. */
const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'

let user: SudoUser
let here: Place
let before: Awaited<ReturnType<typeof hostState>>
beforeAll(async () => {
  user = await makeSudoUser()
  here = await place()
  await here.openToAll()
  await cp(join(repositoryRoot, 'examples/debian'), join(here.folder, 'debian'), { recursive: true })
  await here.write('unreachable/config.xml', description())
})
afterAll(async () => {
  await here?.[Symbol.asyncDispose]()
  await user?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  before = await hostState()
})
afterEach(async () => {
  expect(await hostState()).toEqual(before)
  expect((await readdir(here.folder)).sort()).toEqual(['debian', 'unreachable'])
  const folders = ['temp', 'home'].map((name) => join(here.folder, '..', name))
  expect(await runAsRoot('find', ...folders, '-mindepth', '1', '!', '-uid', String(user.uid))).toBe('')
})

it('a job of a user with sudo that is canceled while KIWI works leaves nothing', async () => {
  let canceled = 0
  const run = await here.run(['--description', 'debian', '--install-tools'], {
    user,
    env: { PATH },
    onError: (piece, child) => {
      if (canceled > 0 || !piece.includes('KIWI: Bootstrap')) return
      canceled = performance.now()
      void signalAsRoot(child, 'SIGINT')
    },
  })
  expect(canceled, run.stderr).toBeGreaterThan(0)
  expect((performance.now() - canceled) / 1000).toBeLessThan(10)
  expect(run.exitCode, run.stderr).toBe(1)
  expect(run.stdout).toBe('')
  expect(run.errors).toEqual([expect.stringMatching(/canceled/)])
  expect(await here.leftovers()).toEqual([])
})

it('KIWI fails for a user with sudo: its own error comes first, and the log is theirs', async () => {
  const failed = await here.run(['--description', 'unreachable', '--install-tools'], { user, env: { PATH } })
  expect(failed.exitCode, failed.stderr).toBe(1)
  expect(failed.stdout).toBe('')
  expect(failed.errors).toEqual([expect.stringMatching(/^KIWI failed in the phase Bootstrap: ./)])
  const [log = '', ...others] = await here.leftovers()
  expect(others).toEqual([])
  const file = join(here.folder, '../temp', log, 'kiwi.log')
  expect(failed.stderr).toContain(`the whole log is ${file}`)
  expect(await runAsRoot('stat', '--format=%u', file)).toBe(String(user.uid))
})
