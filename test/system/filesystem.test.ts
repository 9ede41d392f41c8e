import { mkdir, mkdtemp, open, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from '../../src/command.ts'
import type { ErrorCode } from '../../src/errorcode.ts'
import { describeError } from '../../src/errors.ts'
import { runAsRoot } from '../support/root.ts'
import { repositoryRoot } from '../support/tools.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'filesystem-'))
  await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=64k,mode=777', 'tmpfs', folder)
})
afterEach(async () => {
  await runAsRoot('umount', folder)
  await rm(folder, { recursive: true })
})

/** Writes a file of more bytes than fit, in one go and through a file that is open: Node tells no path of either. */
const FILLING = [
  ['at once', async () => await writeFile(join(folder, 'x'), Buffer.alloc(100_000))],
  [
    'into an open file',
    async () => {
      await using file = await open(join(folder, 'x'), 'w')
      await file.write(Buffer.alloc(100_000))
      await file.write(Buffer.alloc(100_000))
    },
  ],
] as const

it.each(FILLING)('a full file system is told as one: %s', async (_, fill) => {
  const shown = describeError(await fill().catch((error: unknown) => error))
  expect(shown).toMatchObject({ code: 'filesystem-space', exitCode: 1 })
  expect(shown.message).toMatch(/no space is left: free some/)
})

it.each<[code: ErrorCode, act: () => Promise<unknown>]>([
  [
    'filesystem-read-only',
    async () => {
      await runAsRoot('mount', '-o', 'remount,ro', folder)
      await writeFile(join(folder, 'x'), '')
    },
  ],
  ['filesystem-denied', () => writeFile('/proc/sys/kernel/random/boot_id', '')],
  ['filesystem-name', () => stat(join(folder, 'x'.repeat(300)))],
  ['filesystem-folder', () => mkdir('/proc/kiwi-oci')],
  // What the kernel says of an address that is mapped to nothing.
  ['filesystem-input-output', async () => await (await open('/proc/self/mem')).read(Buffer.alloc(1), 0, 1, 0)],
])('what the machine refuses is told as %s', async (code, act) => {
  const error = await act().catch((thrown: unknown) => thrown)
  expect(error).toBeInstanceOf(Error)
  expect(describeError(error)).toMatchObject({ code, exitCode: 1 })
})

it('too many open files are told as such', async () => {
  const script = `
    import { openSync } from 'node:fs'
    import { describeError } from '${join(repositoryRoot, 'src/errors.ts')}'
    try { for (;;) openSync('/dev/null') } catch (error) { console.log(describeError(error).code) }
  `
  const { stdout } = await runCommand('prlimit', [
    '--nofile=256',
    process.execPath,
    '--input-type=module-typescript',
    '--eval',
    script,
  ])
  expect(stdout.toString().trim()).toBe('filesystem-open-files')
})
