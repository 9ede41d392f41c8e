import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('the metadata in the place of the disk, or of what is exported', async () => {
  await using here = await place()
  const disk = await here.write('a.raw', DISK)
  const wrap = ['--disk', 'a.raw', '--export', 'oci-archive:b.tar']
  expect(await refusals(here, [...wrap, '--metadata-file', './a.raw'])).toEqual([
    `--metadata-file: ./a.raw would take the place of ${disk}: name another`,
  ])
  expect(await refusals(here, [...wrap, '--metadata-file', 'b.tar'])).toEqual([
    '--metadata-file: b.tar would take the place of b.tar: name another',
  ])
})

it('an archive in the place of the disk', async () => {
  await using here = await place()
  const disk = await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--export', 'oci-archive:./a.raw'])).toEqual([
    `--export: oci-archive:./a.raw: it would replace ${disk}, which is read: choose another place`,
  ])
  expect(await readFile(join(here.folder, 'a.raw'), 'utf8')).toBe(DISK)
})
