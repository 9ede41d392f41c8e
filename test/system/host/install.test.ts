import { spawn } from 'node:child_process'
import { once } from 'node:events'
import { mkdtemp, readdir, rm, symlink } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { CommandError, HostError } from '../../../src/errors.ts'
import { readDistribution } from '../../../src/host/distribution.ts'
import type { HostFacts } from '../../../src/host/facts.ts'
import { type Installation, installTools, missingToolsError } from '../../../src/host/install.ts'
import { familyOf, publicMirrors } from '../../../src/host/mirrors.ts'
import { missingTools, searchFolders } from '../../../src/host/missing.ts'
import { findPrivileges } from '../../../src/host/privileges.ts'
import { everywhere, program } from '../../../src/host/tool.ts'
import { toolNeeds } from '../../../src/host/tools.ts'
import type { Report } from '../../../src/report.ts'
import { coded } from '../../support/coded.ts'
import { asRoot, runAsRoot } from '../../support/root.ts'

let scratch: string
let lines: string[]
let report: Report

beforeEach(async () => {
  scratch = await mkdtemp(join(tmpdir(), 'kiwi-oci-install-'))
  lines = []
  report = {
    info: (line) => lines.push(`info ${line}`),
    warning: (line) => lines.push(`warning ${line}`),
    output: (line) => lines.push(`output ${line}`),
    group: (title) => lines.push(`group ${title}`),
    endGroup: () => lines.push('end'),
  }
})
afterEach(() => rm(scratch, { recursive: true }))

const folders = searchFolders(process.env['PATH'] ?? '')
const facts: HostFacts = {
  source: 'description',
  architecture: 'x86_64',
  packageManager: 'apt',
  kiwiVersion: '11.1.6',
  filesystems: ['ext4'],
  firmware: 'bios',
  keyrings: [familyOf(publicMirrors, 'bookworm')?.keyring].filter((keyring) => keyring !== undefined),
}

async function installation(change: Partial<Installation>): Promise<Installation> {
  return {
    missing: [],
    distribution: await readDistribution(),
    privileges: await findPrivileges(),
    folders,
    report,
    nowSeconds: Date.now() / 1000,
    ...change,
  }
}

/** A folder with links to every program of this machine but some. */
async function programsWithout(...names: readonly string[]): Promise<string> {
  for (const folder of folders) {
    for (const name of await readdir(folder).catch(() => [])) {
      if (!names.includes(name)) await symlink(join(folder, name), join(scratch, name)).catch(() => {})
    }
  }
  return scratch
}

it('what a small Debian needs is installed, and then nothing is missing', async () => {
  const missing = await missingTools(toolNeeds(facts), folders)
  await installTools(await installation({ missing }))
  expect(await missingTools(toolNeeds(facts), folders)).toEqual([])
})

it('each program that is taken away is named, with the line that brings it', async () => {
  const path = await programsWithout('sgdisk', 'sfdisk', 'skopeo')
  const missing = await missingTools(toolNeeds(facts), [path])
  expect(missing.map((tool) => tool.name)).toEqual(['skopeo', 'sgdisk', 'sfdisk'])
  const { message } = missingToolsError(missing, await readDistribution())
  expect(message).toContain('apt-get install --no-install-recommends skopeo gdisk fdisk')
})

it('a small package is really installed, in a group that says what and why', async () => {
  const tool = program('hello', 'the test asks for it', everywhere('hello'))
  await installTools(await installation({ missing: [tool] }))
  expect(lines[0]).toBe('group Installing hello')
  expect(lines[1]).toBe('info hello: the test asks for it')
  expect(lines.at(-1)).toBe('end')
  expect(await missingTools([tool], folders)).toEqual([])
  await runAsRoot('apt-get', '-oDPkg::Lock::Timeout=300', 'purge', '--yes', 'hello')
})

it('a tool that its package does not bring is named afterwards', async () => {
  const tool = program('no-such-program', 'the test asks for it', everywhere('tar'))
  const failure = installTools(await installation({ missing: [tool] }))
  await expect(failure).rejects.toThrow(HostError)
  await expect(failure).rejects.toThrow(
    coded('host-packages', /^no-such-program \(the test asks for it\) still missing after tar was installed/),
  )
})

it('a package that apt does not know is named before anything is installed', async () => {
  const tool = program('no-such-program', 'the test asks for it', everywhere('no-such-package-of-ours'))
  const failure = installTools(await installation({ missing: [tool] }))
  await expect(failure).rejects.toThrow(
    coded('host-packages', /^apt does not find no-such-package-of-ours in the sources of this machine/),
  )
})

it('a user who cannot become root is told so', async () => {
  const tool = program('no-such-program', 'the test asks for it', everywhere('tar'))
  const failure = installTools(await installation({ missing: [tool], privileges: { kind: 'none' } }))
  await expect(failure).rejects.toThrow(coded('host-root', /^building needs root/))
})

it('a canceled job installs nothing', async () => {
  const tool = program('no-such-program', 'the test asks for it', everywhere('tar'))
  const failure = installTools(await installation({ missing: [tool], signal: AbortSignal.abort() }))
  await expect(failure).rejects.toThrow(CommandError)
})

/** Holds a lock as apt takes it, fcntl(2), for some seconds; the disposal waits for its end. */
async function lockHolder(file: string, seconds: number) {
  const script =
    'import fcntl,sys,time; f=open(sys.argv[1],"w"); fcntl.lockf(f,fcntl.LOCK_EX); print("held",flush=True); time.sleep(int(sys.argv[2]))'
  const command = asRoot('python3', ['-c', script, file, String(seconds)])
  const holder = spawn(...command, { stdio: ['ignore', 'pipe', 'inherit'] })
  const ended = once(holder, 'close')
  await once(holder.stdout, 'data')
  return { [Symbol.asyncDispose]: async () => void (await ended) }
}

it('another apt that holds the package lists is waited for', async () => {
  await using _ = await lockHolder('/var/lib/apt/lists/lock', 8)
  const tool = program('tar', 'the test asks for it', everywhere('tar'))
  await installTools(await installation({ missing: [tool], listsFolder: join(scratch, 'no lists') }))
  expect(lines).toContain('info apt-get update waits for another apt; trying again')
})

it('another apt that installs is waited for', async () => {
  await using _ = await lockHolder('/var/lib/dpkg/lock-frontend', 5)
  await installTools(await installation({ missing: [program('tar', 'the test asks for it', everywhere('tar'))] }))
  expect(lines.some((line) => /Waiting for cache lock/.test(line))).toBe(true)
})
