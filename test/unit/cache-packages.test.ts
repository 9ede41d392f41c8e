import { mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, utimes, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { keepPackages, offerPackages, prunePackages } from '../../src/cache/packages.ts'
import { type Recorder, recorder } from '../support/registry.ts'

const NOW = Date.UTC(2026, 5, 1)

let folder: string
let shared: string
let kept: string
let report: Recorder

beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'packages-'))
  shared = join(folder, 'shared')
  kept = join(folder, 'kept')
  report = recorder()
})

afterEach(async () => {
  await rm(folder, { recursive: true, force: true })
})

async function put(path: string, content = 'package'): Promise<void> {
  await mkdir(dirname(path), { recursive: true })
  await writeFile(path, content)
}

async function filesIn(path: string): Promise<readonly string[]> {
  const entries = await readdir(path, { recursive: true, withFileTypes: true }).catch(() => [])
  return entries
    .filter((entry) => !entry.isDirectory())
    .map((entry) => join(entry.parentPath, entry.name).slice(path.length + 1))
    .sort()
}

const DEB = 'apt-get/archives/a_1_amd64.deb'
const DNF = 'dnf/cache/main-0a1b/packages/b-1.x86_64.rpm'
const ZYPPER = 'packages/oss/x86_64/c-1.x86_64.rpm'

describe('keepPackages', () => {
  it("takes the packages of all three package managers and nothing else of KIWI's cache", async () => {
    for (const path of [DEB, DNF, ZYPPER]) await put(join(shared, path))
    await put(join(shared, 'apt-get/archives/empty.deb'), '')
    await put(join(shared, 'apt-get/archives/lock'))
    await put(join(shared, 'apt-get/archives/partial/half.deb'))
    await put(join(shared, 'apt-get/lists/x_Packages'))
    await symlink('/etc/shadow', join(shared, 'apt-get/archives/link.deb'))
    await symlink('/etc', join(shared, 'apt-get/archives/folder.deb'))
    expect(await keepPackages(shared, kept, NOW, report)).toBe(3)
    expect(await filesIn(kept)).toEqual([DEB, DNF, ZYPPER])
    expect((await stat(join(kept, DEB))).mtimeMs).toBe(NOW)
    expect(report.warnings).toEqual([])
  })

  it('replaces what was damaged meanwhile and counts only what is new', async () => {
    await put(join(shared, DEB))
    await put(join(shared, DNF))
    await keepPackages(shared, kept, NOW, report)
    await put(join(kept, DEB), 'packagE')
    expect(await keepPackages(shared, kept, NOW, report)).toBe(1)
    expect(await readFile(join(kept, DEB), 'utf8')).toBe('package')
  })

  it('has nothing to do where nothing was downloaded', async () => {
    expect(await keepPackages(join(folder, 'absent'), kept, NOW, report)).toBe(0)
  })

  it('turns trouble into a warning', async () => {
    await put(join(shared, DEB))
    await writeFile(kept, 'a file in the way')
    expect(await keepPackages(shared, kept, NOW, report)).toBe(0)
    expect(report.warnings).toHaveLength(1)
  })
})

describe('offerPackages', () => {
  it('puts packages where they were, but those for apt where apt checks them', async () => {
    for (const path of [DEB, DNF, ZYPPER]) await put(join(kept, path))
    expect(await offerPackages(kept, shared, report)).toBe(3)
    expect(await filesIn(shared)).toEqual(['apt-get/archives/partial/a_1_amd64.deb', DNF, ZYPPER])
  })
})

describe('prunePackages', () => {
  it('removes what no build used for so many days', async () => {
    await put(join(kept, DEB))
    await put(join(kept, DNF))
    await utimes(join(kept, DEB), new Date(0), new Date(0))
    await utimes(join(kept, DNF), new Date(NOW), new Date(NOW))
    await prunePackages(kept, 30, NOW, report)
    expect(await filesIn(kept)).toEqual([DNF])
  })
})
