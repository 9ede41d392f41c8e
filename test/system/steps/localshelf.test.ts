import { mkdir, mkdtempDisposable, readdir, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { jobShelf, localShelf } from '../../../src/steps/localshelf.ts'
import { recorder } from '../../support/registry.ts'
import { runAsRoot } from '../../support/root.ts'

it('a cache without room for kiwi-ng costs a warning, and the job has it all the same', async () => {
  await using place = await mkdtempDisposable(join(tmpdir(), 'kiwi-oci-shelf-'))
  const [made, cache] = [join(place.path, 'made'), join(place.path, 'cache')]
  for (const folder of [made, cache]) await mkdir(folder)
  await writeFile(join(made, 'pyvenv.cfg'), 'home = /usr/bin\n')
  await writeFile(join(made, 'library'), Buffer.alloc(4 << 20, 1))
  await runAsRoot('mount', '-t', 'tmpfs', '-o', 'size=1m,mode=1777', 'tmpfs', cache)
  await using _mounted = { [Symbol.asyncDispose]: async () => void (await runAsRoot('umount', cache)) }
  const report = recorder()
  const keeping = { holder: undefined, keep: () => {} }
  const kept = await localShelf(cache, report, jobShelf(place.path, keeping)).keep(made, '1.2.3')
  expect(kept).toMatch(RegExp(`^${place.path}/kiwi-oci-tools-[0-9a-f]{12}/kiwi-ng$`))
  expect(await readdir(kept)).toContain('library')
  expect(report.warnings).toEqual([
    expect.stringMatching(/^kiwi-ng 1\.2\.3 is not kept for the next job: .*no space is left/),
  ])
  expect(await readdir(join(cache, 'kiwi-ng'))).toEqual([])
})
