import { rmdirSync } from 'node:fs'
import { mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { basename, join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { thisProcess } from '../../../src/job/holder.ts'
import { sweepFolders } from '../../../src/job/sweep.ts'
import { disown, makeJobFolder } from '../../../src/job/workfolder.ts'
import { temporaryName } from '../../../src/oci/store/temporary.ts'
import { recorder } from '../../support/registry.ts'
import { runAsRoot } from '../../support/root.ts'
import {
  jobIn,
  killSupervisor,
  leftovers,
  programs,
  startCaller,
  supervisor,
  within10Seconds,
} from '../kiwi/supervised.ts'

let parent: string
beforeEach(async () => {
  parent = await mkdtemp(join(tmpdir(), 'kiwi-oci-sweep-'))
})
afterEach(async () => {
  await runAsRoot('rm', '-rf', '--one-file-system', '--', parent)
})

async function ourselves() {
  const found = await thisProcess()
  if (found === undefined) throw new Error('/proc does not tell of this process')
  return found
}

/** A folder of a process that is gone, or of another holder. */
async function left(change: object | null = {}, purpose: '' | 'login-' = ''): Promise<string> {
  const holder = change === null ? undefined : { ...(await ourselves()), started: '1', ...change }
  const folder = await makeJobFolder(parent, purpose, { holder, keep: () => {} })
  await writeFile(join(folder, 'file'), 'x')
  return folder
}

async function sweep(uid = process.getuid?.() ?? 0) {
  const report = recorder()
  const supervisorFiles = { nodePath: process.execPath, supervisorPath: supervisor }
  await sweepFolders({
    parents: [parent, parent],
    asking: await ourselves(),
    uid,
    supervisor: supervisorFiles,
    report,
  })
  expect(report.warnings).toEqual([])
  return report.lines
}

it('what a dead job left is removed and told: its work folder, its logins and the log of KIWI', async () => {
  const folders = [await left(), await left({}, 'login-')]
  await mkdir(`${folders[0]}-log-1`)
  const lines = await sweep()
  expect([...lines].sort()).toEqual(
    folders.map((folder) => `removing ${folder}, which a job left that was killed`).sort(),
  )
  expect(await readdir(parent)).toEqual([])
})

it('half a file that a dead job had in a folder of others goes, and nothing else of that folder', async () => {
  const other = join(parent, 'exports')
  await mkdir(other)
  const [half, kept] = [temporaryName(), `.${'0'.repeat(36)}.1.tmp`]
  for (const name of [half, kept, `${half.slice(0, 30)}.tmp`, 'image.tar']) await writeFile(join(other, name), 'x')
  const holder = { ...(await ourselves()), started: '1' }
  await makeJobFolder(parent, 'login-', { holder, inside: [other, join(parent, 'gone')], keep: () => {} })
  expect(await sweep()).toHaveLength(1)
  expect((await readdir(other)).sort()).toEqual([kept, `${half.slice(0, 30)}.tmp`, 'image.tar'].sort())
})

it('folders of a living job, of a job elsewhere and of nobody stay', async () => {
  const { started } = await ourselves()
  const folders = [await left({ started }), await left({ host: 'elsewhere' }), await left(null)]
  const kept = await left()
  await disown(kept)
  expect(await sweep()).toEqual([])
  expect((await readdir(parent)).map((name) => join(parent, name)).sort()).toEqual([...folders, kept].sort())
})

it('a folder goes whose job was killed before it had marked it, or when all in it was removed', async () => {
  const [empty, half] = [join(parent, 'kiwi-oci-login-00000000000a'), join(parent, 'kiwi-oci-00000000000b')]
  for (const folder of [empty, half]) await mkdir(folder)
  await writeFile(join(half, temporaryName()), '{"host":')
  expect(await sweep()).toHaveLength(2)
  expect(await readdir(parent)).toEqual([])
})

it('a folder without a mark that holds anything else stays, all that is in it with it', async () => {
  const folder = join(parent, 'kiwi-oci-00000000000c')
  await mkdir(folder)
  const names = [temporaryName(), '.notes.tmp']
  for (const name of names) await writeFile(join(folder, name), 'x')
  expect(await sweep()).toEqual([])
  expect((await readdir(folder)).sort()).toEqual([...names].sort())
})

it('a job whose folder another sweep took before it was marked makes another', async () => {
  const told: string[] = []
  /** In the moment after it is made: nothing of ours comes between, while another thread makes it. */
  const takeAtOnce = (folder: string) => {
    for (const until = performance.now() + 5000; performance.now() < until; ) {
      try {
        return rmdirSync(folder)
      } catch {}
    }
  }
  const keep = (folder: string) => {
    told.push(folder)
    if (told.length < 3) queueMicrotask(() => takeAtOnce(folder))
  }
  const folder = await makeJobFolder(parent, 'login-', { holder: await ourselves(), keep })
  expect(told).toHaveLength(3)
  expect(told.at(-1)).toBe(folder)
  expect(await readdir(parent)).toEqual([basename(folder)])
  expect(await readdir(folder)).toEqual(['.kiwi-oci'])
})

it('folders of another user stay, and so do links and what has another name', async () => {
  const folder = await left()
  expect(await sweep((process.getuid?.() ?? 0) + 1)).toEqual([])
  await runAsRoot('mv', folder, join(parent, 'named'))
  await symlink(join(parent, 'named'), join(parent, 'kiwi-oci-link'))
  expect(await sweep()).toEqual([])
  expect((await readdir(parent)).sort()).toEqual(['kiwi-oci-link', 'named'])
})

it('a folder under a name that we never give stays, also with the mark of a dead job in it', async () => {
  const folder = await left()
  await runAsRoot('mv', folder, join(parent, 'kiwi-oci-mine'))
  expect(await sweep()).toEqual([])
  expect(await readdir(parent)).toEqual(['kiwi-oci-mine'])
})

it('a folder that is not there has nothing to sweep', async () => {
  await rm(parent, { recursive: true })
  expect(await sweep()).toEqual([])
  await mkdir(parent)
})

it('mounts and loop devices go that were left when the supervisor was killed with all others', async () => {
  const folder = await left()
  await writeFile(join(folder, 'program'), programs.STUBBORN, { mode: 0o755 })
  const { child, lines } = startCaller(jobIn(folder))
  await within10Seconds('the program', () => lines.some((line) => line.startsWith('ready ')))
  await runAsRoot('kill', '-s', 'STOP', String(child.pid))
  await killSupervisor(folder)
  child.kill('SIGKILL')
  await within10Seconds('the end of the program', async () =>
    (await leftovers(folder)).every((each) => each.startsWith('/dev/loop')),
  )
  expect(await leftovers(folder)).toHaveLength(1)
  expect(await sweep()).toHaveLength(1)
  expect(await leftovers(folder)).toEqual([])
  expect(await readdir(parent)).toEqual([])
})

it('a process whose /proc is of another process namespace, where its number is somebody else, owns nothing', async () => {
  const module = JSON.stringify(join(import.meta.dirname, '../../../src/job/holder.ts'))
  const script = `console.log(String(await (await import(${module})).thisProcess()))`
  const node = [process.execPath, '--input-type=module', '--eval', script]
  expect(await runAsRoot('env', ...node)).toBe('[object Object]')
  expect(await runAsRoot('unshare', '--pid', '--fork', '--', ...node)).toBe('undefined')
})
