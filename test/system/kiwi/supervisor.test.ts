import { mkdir, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runAsRoot, signalAsRoot } from '../../support/root.ts'
import {
  jobIn,
  killSupervisor,
  leftovers,
  makeWork,
  partitionsOf,
  programs,
  removeWork,
  type Started,
  startCaller,
  startSupervisor,
  within10Seconds,
} from './supervised.ts'

let work: string
let started: Started | undefined

beforeEach(async () => {
  work = await makeWork(programs.STUBBORN)
  started = undefined
})
afterEach(async () => {
  started?.end()
  await within10Seconds('the clean-up after the test', async () => (await leftovers(work)).length === 0)
  await removeWork(work)
})

async function whenReady(start: Started): Promise<Started> {
  started = start
  await within10Seconds('the program', () => start.lines.some((line) => line.startsWith('ready ')))
  return start
}

/** The work folder, and KIWI's logs beside it. */
const foldersOf = async (folder: string) =>
  (await readdir(dirname(folder))).filter((name) => name.startsWith(basename(folder)))

const program = (text: string) => writeFile(join(work, 'program'), `#!/bin/sh\n${text}\n`)

describe('a build that is ended', () => {
  it('by SIGTERM to the supervisor leaves nothing', async () => {
    const { child, ended, lines } = await whenReady(startSupervisor(jobIn(work)))
    await signalAsRoot(child, 'SIGTERM')
    expect(await ended).toBe(137)
    expect(await leftovers(work)).toEqual([])
    expect(await partitionsOf(lines)).toEqual([])
  })

  it('by the end of the supervisor’s input leaves nothing but the work folder, which its caller still reads', async () => {
    const { child, ended, lines } = await whenReady(startSupervisor(jobIn(work)))
    child.stdin?.end()
    expect(await ended).toBe(137)
    expect(await leftovers(work)).toEqual([])
    expect(await partitionsOf(lines)).toEqual([])
    expect(await readdir(work)).toContain('disk.img')
  })

  it('by SIGKILL of the caller leaves nothing, the work folder and KIWI’s log among it', async () => {
    await mkdir(`${work}-log-1`)
    const { child, lines } = await whenReady(startCaller(jobIn(work)))
    child.kill('SIGKILL')
    await within10Seconds('the end', async () => (await leftovers(work)).length === 0)
    await within10Seconds('the removal', async () => (await foldersOf(work)).length === 0)
    expect(await partitionsOf(lines)).toEqual([])
  })

  it('is given the time to undo its work itself', async () => {
    await writeFile(join(work, 'program'), programs.WILLING)
    const { child, ended, lines } = await whenReady(startSupervisor(jobIn(work)))
    const start = performance.now()
    await signalAsRoot(child, 'SIGINT')
    expect(await ended).toBe(1)
    expect(performance.now() - start).toBeLessThan(4000)
    expect(lines).toContain('undone')
    expect(await leftovers(work)).toEqual([])
  })

  it('by SIGKILL of the supervisor has no process left, and the removal of its folder releases the rest', async () => {
    await whenReady(startSupervisor(jobIn(work)))
    await killSupervisor(work)
    await within10Seconds('the end of the program', async () =>
      (await leftovers(work)).every((left) => left.startsWith('/dev/loop')),
    )
    const removal = startSupervisor({ remove: work, under: dirname(work) })
    expect(await removal.ended).toBe(0)
    expect(await leftovers(work)).toEqual([])
    await expect(stat(work)).rejects.toThrow('ENOENT')
  })

  it('is waited for by the removal of its folder', async () => {
    const { ended } = await whenReady(startSupervisor(jobIn(work)))
    const removal = startSupervisor({ remove: work, under: dirname(work) })
    expect(await removal.ended).toBe(0)
    await ended
    expect(await leftovers(work)).toEqual([])
    await expect(stat(work)).rejects.toThrow('ENOENT')
  })
})

describe('a build that ends by itself', () => {
  it('hands on its exit code and its lines', async () => {
    await program('echo out; echo err >&2; exit 3')
    const { ended, lines } = startSupervisor(jobIn(work))
    expect(await ended).toBe(3)
    expect([...lines].sort()).toEqual(['err', 'out'])
  })

  it('leaves nothing of what it forgot', async () => {
    await writeFile(join(work, 'program'), programs.STUBBORN.replace('wait\n', 'exit 0\n'))
    const { ended, lines } = startSupervisor(jobIn(work))
    expect(await ended).toBe(0)
    expect(await leftovers(work)).toEqual([])
    expect(await partitionsOf(lines)).toEqual([])
  })

  it('sees the environment of the job and nothing else', async () => {
    await program('exec env')
    const { ended, lines } = startSupervisor(jobIn(work, { env: { PATH: '/usr/bin:/bin', A: 'b c' } }))
    await ended
    // The shell that interprets the program sets these itself.
    expect(lines.filter((line) => !/^(PWD|_|SHLVL|OLDPWD)=/.test(line)).sort()).toEqual(['A=b c', 'PATH=/usr/bin:/bin'])
  })

  it('sees the folder that is bound for it', async () => {
    await program('ls seen/program')
    const { ended, lines } = startSupervisor(jobIn(work))
    expect(await ended).toBe(0)
    expect(lines).toEqual(['seen/program'])
    await expect(stat(join(work, 'seen'))).rejects.toThrow('ENOENT')
  })

  it('leaves the place where a folder was bound as it was before', async () => {
    await mkdir(join(work, 'seen'))
    await program('ls seen/program')
    expect(await startSupervisor(jobIn(work)).ended).toBe(0)
    expect(await readdir(join(work, 'seen'))).toEqual([])
  })

  it('has mounts that the machine does not see', async () => {
    await program('mount -t tmpfs none /mnt; touch /mnt/seen; cat /proc/mounts | grep -c " /mnt "')
    const { ended, lines } = startSupervisor(jobIn(work))
    expect(await ended).toBe(0)
    expect(lines).toEqual(['1'])
    await expect(stat('/mnt/seen')).rejects.toThrow('ENOENT')
  })

  it('gives the results to their owner and discards the rest', async () => {
    await program('mkdir -p target/build/root; echo x > target/disk.raw; ln -s /etc/passwd target/link')
    const target = join(work, 'target')
    const job = { discard: [join(target, 'build')], handOver: [target, join(work, 'none')] }
    const before = await stat('/etc/passwd')
    expect(await startSupervisor(jobIn(work, { ...job, owner: { uid: 1234, gid: 1235 } })).ended).toBe(0)
    expect(await stat(join(target, 'disk.raw'))).toMatchObject({ uid: 1234, gid: 1235 })
    await expect(stat(join(target, 'build'))).rejects.toThrow('ENOENT')
    expect((await stat('/etc/passwd')).uid).toBe(before.uid)
  })
})

describe('the place that two builds bind their folders onto', () => {
  const place = () => join(work, 'both')
  const bound = () => ({ bind: { from: work, to: place() } })
  const waiting = 'touch "ready $$"; while [ ! -e go ]; do sleep 0.1; done; ls both/program'
  const starting = (text: string) => async () =>
    (await readdir(work)).filter((name) => name.startsWith(text)).length > 0

  it('stays for the second when the first has ended, and goes with it', async () => {
    await program(waiting)
    const second = startSupervisor(jobIn(work, bound()))
    await within10Seconds('the second', starting('ready'))
    await writeFile(join(work, 'first'), '#!/bin/sh\ntrue\n', { mode: 0o755 })
    expect(await startSupervisor(jobIn(work, { ...bound(), program: join(work, 'first') })).ended).toBe(0)
    expect((await stat(place())).isDirectory()).toBe(true)
    await writeFile(join(work, 'go'), '')
    expect(await second.ended).toBe(0)
    expect(second.lines).toEqual(['both/program'])
    await expect(stat(place())).rejects.toThrow('ENOENT')
  })

  it('goes with the folder of a build whose supervisor was killed', async () => {
    const other = await makeWork('#!/bin/sh\ntouch ready; sleep 86400\n')
    startSupervisor(jobIn(other, bound()))
    await within10Seconds('the program', async () => (await readdir(other)).includes('ready'))
    await killSupervisor(other)
    expect((await stat(place())).isDirectory()).toBe(true)
    expect(await startSupervisor({ remove: other, under: dirname(other) }).ended).toBe(0)
    await expect(stat(place())).rejects.toThrow('ENOENT')
  })
})

describe('a folder', () => {
  it('that names a supervisor’s number of another start is removed, and who has the number now works on', async () => {
    const other = await makeWork(programs.STUBBORN)
    await whenReady(startSupervisor(jobIn(other)))
    const [running = ''] = (await readFile(join(other, 'supervisor.run'), 'utf8')).split('\n')
    const [pid] = running.split(' ')
    await writeFile(join(work, 'supervisor.run'), `${pid} 1\n`)
    expect(await startSupervisor({ remove: work, under: dirname(work) }).ended).toBe(0)
    await expect(stat(work)).rejects.toThrow('ENOENT')
    expect((await readFile(join(other, 'supervisor.run'), 'utf8')).split('\n')[0]).toBe(running)
    started?.end()
    await started?.ended
    await removeWork(other)
  })

  it('that is not marked as ours is not built in', async () => {
    await rm(join(work, '.kiwi-oci'))
    const { ended, lines } = startSupervisor(jobIn(work))
    expect(await ended).toBe(125)
    expect(lines.join('\n')).toContain(`${work} is no work folder of kiwi-oci`)
  })

  it('that is not marked as ours is not removed', async () => {
    await rm(join(work, '.kiwi-oci'))
    expect(await startSupervisor({ remove: work, under: dirname(work) }).ended).toBe(125)
    expect((await stat(work)).isDirectory()).toBe(true)
  })

  it('that is a link to a marked one is not removed', async () => {
    const link = `${work}-link`
    await symlink(work, link)
    const { ended, lines } = startSupervisor({ remove: link, under: dirname(link) })
    expect(await ended).toBe(125)
    expect(lines.join('\n')).toContain('is not the folder it says it is')
    expect((await stat(work)).isDirectory()).toBe(true)
    await rm(link)
  })

  it('that is gone already is no failure to remove', async () => {
    expect(await startSupervisor({ remove: `${work}-gone`, under: dirname(work) }).ended).toBe(0)
  })

  it('is removed with what is mounted and attached in it, and without emptying a bound folder', async () => {
    const elsewhere = await makeWork('')
    await mkdir(join(work, 'bound'))
    await runAsRoot('mount', '--bind', elsewhere, join(work, 'bound'))
    await writeFile(join(work, 'disk.img'), Buffer.alloc(1 << 20))
    await runAsRoot('losetup', '--find', join(work, 'disk.img'))
    expect(await startSupervisor({ remove: work, under: dirname(work) }).ended).toBe(0)
    await expect(stat(work)).rejects.toThrow('ENOENT')
    expect(await readFile(join(elsewhere, '.kiwi-oci'), 'utf8')).toBe('')
    await removeWork(elsewhere)
  })
})
