import { chmod, mkdir, mkdtemp, readdir, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { checkDestinations } from '../../../src/registry/destinations.ts'
import { type ImageName, parseDestination } from '../../../src/registry/transport.ts'
import { repositoryRoot } from '../../support/tools.ts'

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'destinations-'))
  await mkdir(join(folder, 'notes'))
  await writeFile(join(folder, 'notes', 'file'), '')
  await mkdir(join(folder, 'empty'))
  await mkdir(join(folder, 'layout'))
  await writeFile(join(folder, 'layout', 'oci-layout'), '{}')
  await mkdir(join(folder, 'image'))
  await writeFile(join(folder, 'image', 'version'), '')
})
afterEach(() => rm(folder, { recursive: true }))

/** `@` stands for the folder of the test. */
function named(text: string): ImageName {
  const name = parseDestination(text.replace('@', folder))
  if ('problem' in name) throw new Error(name.problem)
  return name
}

it.each([
  'oci:@/new:latest',
  'oci:@/deep/er/new',
  'oci:@/empty',
  'oci:@/layout:other',
  'dir:@/new',
  'dir:@/empty',
  'dir:@/image',
  'oci-archive:@/image.tar:latest',
  'docker-archive:@/notes/file',
  'docker://localhost:1/x:1',
  'containers-storage:x',
])('%s can be written', async (text) => {
  await checkDestinations([named(text)])
})

it.each([
  ['oci:@/notes', 'the folder holds something else than an OCI layout: export to another folder'],
  ['oci:@/notes/file', 'it is no folder that can be read (ENOTDIR): export to another folder'],
  ['oci:@/notes/file/below', 'it is no folder that can be read (ENOTDIR): export to another folder'],
  ['dir:@/notes', 'the folder holds something else than an image: export to another folder'],
  ['dir:@/missing/image', '@/missing is no folder: make it, or export to another place'],
  ['oci-archive:@/notes', 'it is there and no regular file: write the path of a file'],
  ['oci-archive:@/missing/x.tar', '@/missing is no folder: make it, or export to another place'],
  ['docker-archive:@/notes/file/x.tar', '@/notes/file is no folder: make it, or export to another place'],
])('%s is refused: %s', async (text, reason) => {
  const before = await readdir(folder)
  await expect(checkDestinations([named(text)])).rejects.toMatchObject({
    name: 'InputError',
    problems: [{ where: 'input export', text: `${text}: ${reason}`.replaceAll('@', folder) }],
  })
  expect(await readdir(folder)).toEqual(before)
})

it('all places that are wrong are named at once', async () => {
  const names = ['oci:@/notes', 'oci:@/new', 'oci-archive:@/notes'].map(named)
  await expect(checkDestinations(names)).rejects.toMatchObject({ problems: { length: 2 } })
})

it('places that only others may write to are refused', async () => {
  const module = join(repositoryRoot, 'src/registry/destinations.ts')
  const places = [named('oci:@/empty/x'), named('dir:@/empty/x'), named('oci-archive:@/empty/x.tar')]
  const script = `const { checkDestinations } = await import(${JSON.stringify(module)})
    await checkDestinations(${JSON.stringify(places)}).catch((error) => console.log(JSON.stringify(error.problems)))`
  await chmod(join(folder, 'empty'), 0o555)
  // Nothing is closed to root but without its capabilities.
  const limits = process.getuid?.() === 0 ? ['--bounding-set=-all', '--inh-caps=-all'] : []
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const { stdout } = await runCommand('setpriv', [...limits, ...node])
  const problems: readonly { readonly text: string }[] = JSON.parse(stdout.toString())
  expect(problems).toHaveLength(3)
  for (const { text } of problems) expect(text).toContain(`${join(folder, 'empty')} cannot be written to`)
})
