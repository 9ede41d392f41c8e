import { chmod, mkdir, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { basename, dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { HostError, InputError } from '../../../src/errors.ts'
import { thisCaller } from '../../../src/host/process-start.ts'
import { type BuildRequest, buildDisk } from '../../../src/kiwi/build.ts'
import type { Report } from '../../../src/report.ts'
import { send, victimsNow } from '../../promises/support/victims.ts'
import { coded } from '../../support/coded.ts'
import { asRoot } from '../../support/root.ts'
import { leftovers, makeWork, removeWork, supervisor } from './supervised.ts'

const { pid, started } = await thisCaller()

const silent: Report = { info() {}, warning() {}, output() {}, group() {}, endGroup() {} }
const line = (level: string, text: string) => `echo '[ ${level.padEnd(8)}]: 12:00:01 | ${text}'`

let work: string
beforeEach(async () => {
  work = await makeWork('')
})
afterEach(async () => {
  expect(await leftovers(work)).toEqual([])
  for (const log of await logFolders()) await rm(join(dirname(work), log), { recursive: true })
  await removeWork(work)
})

/** The folders of logs that stand beside the work folder. */
async function logFolders(): Promise<readonly string[]> {
  return (await readdir(dirname(work))).filter((name) => name.startsWith(`${basename(work)}-log-`))
}

/** Builds with a program in KIWI's place, which finds its target folder in $target. */
async function buildWith(script: string, changes: Partial<BuildRequest> = {}) {
  const kiwi = join(work, 'kiwi/kiwi-ng')
  await mkdir(join(work, 'kiwi'))
  await mkdir(join(work, 'description'))
  const find = `for a do
  case $a in
    --target-dir=*) target=$(echo "$a" | cut -d= -f2) ;;
    --logfile=*) log=$(echo "$a" | cut -d= -f2) ;;
  esac
done
mkdir -p $target`
  await writeFile(kiwi, `#!/bin/sh\n${find}\n${script}\n`)
  await chmod(kiwi, 0o755)
  const [program, args] = asRoot(process.execPath, [supervisor])
  return buildDisk({
    kiwi,
    description: join(work, 'description'),
    workFolder: work,
    sharedCache: join(work, 'cache'),
    profiles: [],
    globalArguments: [],
    buildArguments: [],
    offered: {},
    supervisor: { program, args },
    owner: { uid: 1234, gid: 1234 },
    caller: { pid, started },
    report: silent,
    now: () => performance.now(),
    ...changes,
  })
}

const SUCCESS = [
  line('INFO', 'Installing bootstrap packages'),
  'mkdir -p $target/build/image-root',
  'echo disk > $target/example.x86_64-1.0.0.raw',
  'echo "{\\"disk_image\\": {\\"filename\\": \\"$target/example.x86_64-1.0.0.raw\\"}}" > $target/kiwi.result.json',
]

describe('a build', () => {
  it('gives the disk, its name and the phases, and nothing else stays', async () => {
    const built = await buildWith(SUCCESS.join('\n'))
    expect(built).toMatchObject({
      disk: expect.stringMatching(/\/example\.x86_64-1\.0\.0\.raw$/),
      phases: [{ title: 'Bootstrap' }],
    })
    expect(await stat(built.disk)).toMatchObject({ uid: 1234, gid: 1234 })
    for (const gone of ['target/build', 'tmp', 'home']) {
      await expect(stat(join(work, gone))).rejects.toThrow('ENOENT')
    }
  })

  it('finds a partx that forgives what the kernel knows already', async () => {
    const fake =
      'cat > $target/../kiwi/partx <<E\n#!/bin/sh\necho real "\\$@" >> $target/../calls\nE\nchmod 755 $target/../kiwi/partx\n'
    await buildWith(`${fake}partx --add /dev/loop7 "a b"\n${SUCCESS.join('\n')}`)
    expect(await readFile(join(work, 'calls'), 'utf8')).toBe('real --update /dev/loop7 a b\n')
  })

  it('in which things are left out tells apt where that is written', async () => {
    const savings = { packageManager: 'apt', replacesInitrd: true }
    await buildWith(`cat $APT_CONFIG >$target/seen\n${SUCCESS.join('\n')}`, { savings })
    expect(await readFile(join(work, 'target/seen'), 'utf8')).toContain('DPkg::Path "/var/cache/kiwi/kiwi-oci/bin:')
  })

  it('in which KIWI makes no initrd although that was left to it fails', async () => {
    const savings = { packageManager: 'apt', replacesInitrd: true }
    const left = ': >$(dirname $APT_CONFIG)/pending/6.1.0'
    const build = buildWith(`${left}\n${SUCCESS.join('\n')}`, { savings })
    await expect(build).rejects.toThrow(
      coded('kiwi-initrd', 'the initrd of the kernel 6.1.0 was left to KIWI, which made none'),
    )
  })

  it('that fails says KIWI’s own reason, the phase, and where the log is', async () => {
    const script = [...SUCCESS, line('ERROR', 'KiwiScriptFailed: config.sh failed with: no'), 'exit 1']
    const error = await buildWith(script.join('\n')).catch((thrown) => thrown)
    expect(error.code).toBe('kiwi-failed')
    expect(error.message).toBe('KIWI failed in the phase Bootstrap: KiwiScriptFailed: config.sh failed with: no')
    const log = /^the whole log is (.*-log-\w+)\/kiwi\.log$/.exec(error.detail.at(-1))?.[1] ?? ''
    expect(await logFolders()).toEqual([basename(log)])
  })

  it('whose KIWI somebody killed says that, and where the log is', async () => {
    // Not by itself: it is the first process of its namespace, which no signal from inside ends.
    const kill = async () => void (await send('SIGKILL', await victimsNow('KIWI', process.pid)))
    const output = (text: string) => void (text.includes('waiting') && kill())
    const report: Report = { ...silent, output }
    const error = await buildWith('echo waiting; sleep 60', { report }).catch((thrown) => thrown)
    expect(error.code).toBe('command-signal')
    expect(error.message).toMatch(/^KIWI was ended by SIGKILL: the whole log is .*\/kiwi\.log$/)
  })

  it('that runs out of space says so, even where only its log tells', async () => {
    const script = [
      'echo "tar: Cannot write: No space left on device" > $log',
      line('INFO', '--> system data with filesystem overhead needs 500 MB'),
      line('ERROR', 'Unexpected error:'),
      'echo "OSError: [Errno 16] Device or resource busy"; exit 1',
    ]
    const error = await buildWith(script.join('\n')).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(HostError)
    expect(error.message).toContain(
      `no space left in ${work} while KIWI worked: make room there (it needs about 1.0 GB)`,
    )
  })

  it('whose disk is too small for the system says what to change', async () => {
    const text = 'rsync: write failed on "/tmp/kiwi_mount_manager.x/usr": No space left on device (28)'
    const error = await buildWith(`${line('ERROR', `KiwiCommandError: ${text}`)}; exit 1`).catch((thrown) => thrown)
    expect(error.code).toBe('kiwi-size')
    expect(error.message).toMatch(/raise <size> in the description$/)
  })

  it('with an argument that this KIWI does not know names the input', async () => {
    const script = 'echo "Usage: kiwi-ng system build [OPTIONS]"; echo "│ No such option: --foo │"; exit 2'
    const error = await buildWith(script, { buildArguments: ['--foo'] }).catch((thrown) => thrown)
    expect(error).toBeInstanceOf(InputError)
    expect(error.message).toBe('input kiwi-arguments: KIWI says: No such option: --foo')
    expect(await logFolders()).toEqual([])
  })

  it('that is canceled ends KIWI and leaves nothing', async () => {
    const controller = new AbortController()
    const report = { ...silent, output: (text: string) => (text === 'ready' ? controller.abort() : undefined) }
    const script = 'truncate -s 1M $target/x; losetup -f $target/x; mount -t tmpfs none /mnt; echo ready; sleep 86400'
    const build = buildWith(script, { signal: controller.signal, report })
    await expect(build).rejects.toThrow('was ended because the job was canceled')
    expect(await logFolders()).toEqual([])
  })

  it('that ends without a result says so', async () => {
    await expect(buildWith('exit 0')).rejects.toThrow(coded('kiwi-result', 'KIWI ended without'))
    expect(await logFolders()).toEqual([])
  })

  it.each([
    [
      'sudo',
      'echo "sudo: a password is required" >&2; exit 1',
      coded('host-root', 'building needs root (sudo: a password is required)'),
    ],
    [
      'the supervisor',
      'echo "host-namespace: no namespaces here: run elsewhere" >&2; exit 125',
      coded('host-namespace', /^no namespaces here: run elsewhere$/),
    ],
    [
      'the supervisor in words that are no code of ours',
      'echo "Killed: 9" >&2; exit 125',
      coded('host-handover', 'the supervisor gave up (Killed: 9)'),
    ],
  ])('that %s refuses leaves no log behind', async (_, script, message) => {
    const error = buildWith('exit 0', { supervisor: { program: '/bin/sh', args: ['-c', script] } })
    await expect(error).rejects.toThrow(message)
    expect(await logFolders()).toEqual([])
  })

  it('is refused where the folder is not ours', async () => {
    await writeFile(join(work, 'x'), '')
    const other = { workFolder: join(work, 'other') }
    await mkdir(other.workFolder)
    const error = await buildWith('exit 0', other).catch((thrown) => thrown)
    expect(error).toEqual(coded('host-leftovers', 'is no work folder of kiwi-oci'))
  })
})
