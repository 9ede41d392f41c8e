import { execFile } from 'node:child_process'
import { cp, mkdir, mkdtemp, readdir, readFile, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { dirname, join } from 'node:path'
import { promisify } from 'node:util'
import { expect, it } from 'vitest'
import { build } from '../../scripts/build.ts'
import { repositoryRoot } from '../support/tools.ts'
import { filesLike, textOf } from '../unit/repository/tree.ts'
import { Tried } from './support/tried.ts'

const run = promisify(execFile)

it('dist is built bit for bit in another folder, at another time, by another user’s settings', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-supply-'))
  const tried = new Tried('supplychain', 'files of dist, built twice')
  try {
    const copy = join(folder, 'a much longer name than before', 'kiwi-oci')
    for (const path of filesLike(/^(?!dist\/)/)) {
      await mkdir(dirname(join(copy, path)), { recursive: true })
      await cp(join(repositoryRoot, path), join(copy, path), { verbatimSymlinks: true })
    }
    // A link to them would show in the names of modules, which stand in dist.
    for (const name of await readdir(join(repositoryRoot, 'node_modules'))) {
      if (name === '.cache') continue
      const [from, to] = [repositoryRoot, copy].map((root) => join(root, 'node_modules', name)) as [string, string]
      await cp(from, to, { recursive: true, verbatimSymlinks: true })
    }
    const env = { PATH: process.env['PATH'] ?? '', HOME: folder, LC_ALL: 'C', TZ: 'Pacific/Kiritimati' }
    await run(process.execPath, ['scripts/build.ts'], { cwd: copy, env })
    await build(join(folder, 'here'))
    for (const name of await readdir(join(folder, 'here'))) {
      const [here, there] = await Promise.all([
        readFile(join(folder, 'here', name)),
        readFile(join(copy, 'dist', name)).catch(() => Buffer.alloc(0)),
      ])
      tried.add(name, here.equals(there) ? [] : ['differs'])
    }
    expect(await readdir(join(copy, 'dist'))).toEqual(await readdir(join(folder, 'here')))
  } finally {
    await rm(folder, { recursive: true })
  }
  await tried.finish(10)
})

it('there are at most ten dependencies at run time, each with its reason in CONTRIBUTING', async () => {
  const { dependencies } = JSON.parse(textOf('package.json')) as { dependencies: Record<string, string> }
  const names = Object.keys(dependencies)
  const reasons = textOf('CONTRIBUTING.md')
    .split('\n')
    .flatMap((line) => /^\| `([^`]+)` \| \S.{20,} \|$/.exec(line)?.[1] ?? [])
  const tried = new Tried('supplychain', 'dependencies with their reason')
  for (const name of names) tried.add(name, reasons.includes(name) ? [] : ['has no reason'])
  expect(names.length).toBeLessThanOrEqual(10)
  await tried.finish(1)
})
