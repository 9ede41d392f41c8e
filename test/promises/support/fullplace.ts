import { spawn } from 'node:child_process'
import { statfsSync } from 'node:fs'
import { cp, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { text } from 'node:stream/consumers'
import { description } from '../../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { noise } from '../../support/rawdisk.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { repositoryRoot } from '../../support/tools.ts'
import { type SmallDisks, smallDisks } from './smalldisks.ts'
import { writeSmallKiwi } from './smallkiwi.ts'

export type DiskName = 'work' | 'cache' | 'temp' | 'out'
export const DISK_NAMES: readonly DiskName[] = ['work', 'cache', 'temp', 'out']
const INTERVAL_MILLISECONDS = 5

export interface Ran {
  readonly exitCode: number | null
  readonly stdout: string
  readonly stderr: string
  /** The lines that begin with `error`, without what stands before the message. */
  readonly errors: readonly string[]
  /** The group that was open last: `Convert the disk to vmdk`. */
  readonly phase: string
  /** The most that each file system held. */
  readonly peakBytes: Readonly<Record<DiskName, number>>
}

/** Where the command line runs with its folders on file systems of their own. */
export interface FullPlace extends AsyncDisposable {
  readonly disks: SmallDisks
  readonly registry: Registry
  /** Of what no disk is small for: `disk.raw`, `small.raw`, bases, a description. */
  file(name: string): string
  run(args: readonly string[], env?: Readonly<Record<string, string>>): Promise<Ran>
  /** Makes all file systems roomy and empty, but for what the folder `before` has, which goes into `out`. */
  clear(): Promise<void>
}

export async function fullPlace(): Promise<FullPlace> {
  const folder = await mkdtemp(join(tmpdir(), 'full-'))
  const [disks, registry, base] = [await smallDisks(DISK_NAMES), await startRegistry(), await makeBase()]
  const file = (name: string) => join(folder, name)
  await fill(folder, base, registry)
  return {
    disks,
    registry,
    file,
    run: (args, env = {}) => run(disks, folder, args, env),
    clear: async () => {
      for (const name of DISK_NAMES) {
        await disks.resize(name)
        for (const each of await readdir(disks.seen(name))) await rm(disks.seen(name, each), { recursive: true })
      }
      for (const each of await readdir(file('before'))) {
        await cp(file(`before/${each}`), disks.seen('out', each), { recursive: true })
      }
    },
    [Symbol.asyncDispose]: async () => {
      await base[Symbol.asyncDispose]()
      await registry.stop()
      await disks[Symbol.asyncDispose]()
      await rm(folder, { recursive: true })
    },
  }
}

async function fill(folder: string, base: Base, registry: Registry): Promise<void> {
  for (const name of ['home', 'before', 'description']) await mkdir(join(folder, name))
  await writeFile(join(folder, 'disk.raw'), Buffer.concat([noise(3 << 20, 7), Buffer.alloc(1 << 20)]))
  await writeFile(join(folder, 'small.raw'), noise(64 << 10, 8))
  await writeSmallKiwi(join(folder, 'kiwi'), join(folder, 'disk.raw'))
  const size = '<oemconfig><oem-resize>false</oem-resize></oemconfig><size unit="M">1</size>'
  const type = `<type image="oem" filesystem="ext4">${size}</type>`
  await writeFile(join(folder, 'description/config.xml'), description({ type }))
  await pushBase(base, `${registry.address}/bases/one:1`)
  await cp(base.layout, join(folder, 'base'), { recursive: true })
}

async function run(
  disks: SmallDisks,
  folder: string,
  args: readonly string[],
  env: Readonly<Record<string, string>>,
): Promise<Ran> {
  const environment = {
    PATH: `${join(folder, 'kiwi')}:${process.env['PATH']}`,
    HOME: join(folder, 'home'),
    TMPDIR: disks.at('temp'),
    XDG_CACHE_HOME: disks.at('cache'),
    ...env,
  }
  const variables = Object.entries(environment).map(([name, value]) => `${name}=${value}`)
  const program = [process.execPath, join(repositoryRoot, 'dist/cli.js')]
  const words = ['env', '-i', '-C', folder, ...variables, ...program, ...args]
  const peakBytes = { work: 0, cache: 0, temp: 0, out: 0 }
  const look = () => {
    for (const name of DISK_NAMES) peakBytes[name] = Math.max(peakBytes[name], usedBytes(disks.seen(name)))
  }
  const child = spawn(...disks.command(words), { stdio: ['ignore', 'pipe', 'pipe'] })
  const ended = new Promise<number | null>((resolve) => child.once('close', resolve))
  const timer = setInterval(look, INTERVAL_MILLISECONDS)
  const [stdout, stderr, exitCode] = await Promise.all([text(child.stdout), text(child.stderr), ended])
  clearInterval(timer)
  look()
  const lines = stderr.split('\n')
  const errors = lines.flatMap((line) => /^error(?:\[[\w-]+\])?: (.*)$/.exec(line)?.[1] ?? [])
  const phase = lines.findLast((line) => line.endsWith(' …'))?.replace(' …', '') ?? 'before all'
  return { exitCode, stdout, stderr, errors, phase, peakBytes }
}

export function usedBytes(folder: string): number {
  const { blocks, bfree, bsize } = statfsSync(folder)
  return (blocks - bfree) * bsize
}
