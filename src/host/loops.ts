import { readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { runCommand } from '../command.ts'
import { CommandError } from '../errors.ts'
import { isBelow } from './mounts.ts'

const SYS_BLOCK = '/sys/block'

export interface LoopDevice {
  /** `/dev/loop0` */
  readonly device: string
  /** The file it shows, without the mark of the kernel for a deleted one. */
  readonly backingFile: string
}

/** The loop devices whose file is in a folder. */
export function loopsBelow(loops: readonly LoopDevice[], folder: string): readonly LoopDevice[] {
  return loops.filter((loop) => isBelow(loop.backingFile, folder))
}

/** The attached loop devices. The kernel's file is read, since losetup cuts long names. */
export async function readLoops(sysBlock = SYS_BLOCK): Promise<readonly LoopDevice[]> {
  const names = (await readdir(sysBlock)).filter((name) => /^loop\d+$/.test(name))
  const loops = names.map(async (name) => {
    const text = await readFile(join(sysBlock, name, 'loop/backing_file'), 'utf8').catch(() => undefined)
    return text === undefined ? [] : [{ device: `/dev/${name}`, backingFile: backingFile(text) }]
  })
  return (await Promise.all(loops)).flat()
}

function backingFile(text: string): string {
  return text.replace(/\n$/, '').replace(/ \(deleted\)$/, '')
}

/**
 * Takes a loop device back: what lies on it (LVM, LUKS, kpartx, RAID), its partitions, then the device. Partitions go
 * first, because their nodes stay behind on a detached device and fail the next `partx --add` on it.
 */
export async function detachLoop({ device }: LoopDevice, sysBlock = SYS_BLOCK): Promise<void> {
  const name = device.replace('/dev/', '')
  for (const holder of await holders(name, sysBlock)) await releaseHolder(holder, sysBlock)
  // Fails where there is no partition.
  await attempt('partx', ['--delete', device])
  await runCommand('losetup', ['--detach', device], { apart: true })
}

/** Devices on a loop device and its partitions, those on top of others first. */
async function holders(name: string, sysBlock: string): Promise<readonly string[]> {
  const folder = join(sysBlock, name)
  const partitions = (await readdir(folder).catch(() => [])).filter((entry) => entry.startsWith(`${name}p`))
  const direct = await Promise.all(
    ['', ...partitions].map((part) => readdir(join(folder, part, 'holders')).catch(() => [])),
  )
  const found = [...new Set(direct.flat())]
  const above = await Promise.all(found.map((holder) => holders(holder, sysBlock)))
  return [...new Set([...above.flat(), ...found])]
}

async function releaseHolder(holder: string, sysBlock: string): Promise<void> {
  if (holder.startsWith('md')) return attempt('mdadm', ['--stop', `/dev/${holder}`])
  const name = await readFile(join(sysBlock, holder, 'dm/name'), 'utf8').catch(() => undefined)
  if (name !== undefined) await attempt('dmsetup', ['remove', '--retry', name.trim()])
}

/** For what may be gone already; whatever then keeps the device busy fails `losetup`. */
async function attempt(program: string, args: readonly string[]): Promise<void> {
  try {
    await runCommand(program, args, { apart: true })
  } catch (error) {
    if (!(error instanceof CommandError)) throw error
  }
}
