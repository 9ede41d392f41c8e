import { randomFillSync } from 'node:crypto'
import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect } from 'vitest'
import type { Place } from '../../process/support/cli.ts'

export const MIB = 1024 * 1024

/** Writes a raw disk, a part of it random. @returns its path */
export async function writeDisk(here: Place): Promise<string> {
  const path = join(here.folder, 'vm.raw')
  const content = Buffer.alloc(8 * MIB)
  randomFillSync(content, MIB, MIB + 512)
  await writeFile(path, content)
  return path
}

/** Runs the command line, which has to succeed. @returns the digest that it prints */
export async function succeed(here: Place, ...args: readonly string[]): Promise<string> {
  const run = await here.run([...args, '--tls-verify=false'])
  expect(run.exitCode, run.stderr).toBe(0)
  return run.stdout.trim()
}
