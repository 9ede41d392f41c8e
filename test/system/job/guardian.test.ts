import { type ChildProcess, spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdir, mkdtemp, readdir, readFile, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { repositoryRoot } from '../../support/tools.ts'
import { processesOf } from '../kiwi/processes.ts'
import { within10Seconds } from '../kiwi/supervised.ts'

let folder: string
let child: ChildProcess

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-guarded-'))
  for (const name of ['watched', 'forgotten', 'around']) {
    await mkdir(join(folder, name))
    await writeFile(join(folder, name, 'auth.json'), 'secret')
  }
  const guarded = join(import.meta.dirname, 'guarded.ts')
  const abandoned = join(repositoryRoot, 'src/steps/abandoned.ts')
  const folders = ['watched', 'forgotten', 'around'].map((name) => join(folder, name))
  // The leader of a process group, as a shell starts a command.
  const env = { PATH: process.env['PATH'], SECRET: 'a secret' }
  child = spawn(process.execPath, [guarded, abandoned, ...folders], { detached: true, env })
  await once(child.stdout ?? child, 'data')
})
afterEach(async () => {
  child.stdin?.end()
  await within10Seconds('the end of the guardian', async () => (await children()).length === 0)
  await rm(folder, { recursive: true })
})

/** The guardian, and the program that the process runs. */
async function children(): Promise<readonly string[]> {
  const pids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const parents = await Promise.all(
    pids.map(async (pid) => {
      const stat = await readFile(`/proc/${pid}/stat`, 'utf8').catch(() => '')
      return [pid, stat.slice(stat.lastIndexOf(')') + 2).split(' ')[1]] as const
    }),
  )
  return parents.filter(([, parent]) => parent === String(child.pid)).map(([pid]) => pid)
}

it('a watched folder goes when the process is killed, and one that was forgotten stays', async () => {
  child.kill('SIGKILL')
  await within10Seconds('the removal', async () => !(await readdir(folder)).includes('watched'))
  expect((await readdir(folder)).sort()).toEqual(['around', 'forgotten'])
})

it('a program of the process ends with it when it is killed, and so does what that started', async () => {
  const working = join(folder, 'forgotten')
  await within10Seconds('the program', async () => (await processesOf(working)).length === 3)
  child.kill('SIGKILL')
  await within10Seconds('the end of the program', async () => (await processesOf(working)).length === 0)
})

it('what the process had half done in a folder of others goes when it is killed, and nothing else of it', async () => {
  expect(await readdir(join(folder, 'around'))).toHaveLength(3)
  child.kill('SIGKILL')
  await within10Seconds('the removal', async () => (await readdir(join(folder, 'around'))).length === 1)
  expect(await readdir(join(folder, 'around'))).toEqual(['auth.json'])
})

it('a watched folder goes when the whole process group is killed', async () => {
  process.kill(-(child.pid ?? 0), 'SIGKILL')
  await within10Seconds('the removal', async () => !(await readdir(folder)).includes('watched'))
})

it('a process that ends in order keeps its folders, and its guardian ends', async () => {
  await within10Seconds('the guardian and the program', async () => (await children()).length === 2)
  child.stdin?.end()
  expect(await once(child, 'close')).toEqual([0, null])
  expect(await children()).toEqual([])
  expect((await readdir(folder)).sort()).toEqual(['around', 'forgotten', 'watched'])
  expect(await readdir(join(folder, 'around'))).toHaveLength(3)
})

it('the guardian has nothing of the environment but the search path', async () => {
  const [pid = ''] = await children()
  const variables = (await readFile(`/proc/${pid}/environ`, 'utf8')).split('\0').filter((text) => text !== '')
  expect(variables.map((text) => text.split('=')[0])).toEqual(['PATH'])
})
