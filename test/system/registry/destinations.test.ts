import { chmod, mkdir, mkdtemp, readdir, rm, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import type { InputError } from '../../../src/errors.ts'
import { checkDestinations } from '../../../src/registry/target/destinations.ts'
import { type ImageName, parseDestination } from '../../../src/registry/transport.ts'
import { coded } from '../../support/coded.ts'
import { startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'
import { asRoot } from '../../support/root.ts'
import { repositoryRoot } from '../../support/tools.ts'
import { NAMES } from './exporting.ts'

let folder: string
let access: TestAccess
beforeEach(async () => {
  access = await testAccess()
  folder = await mkdtemp(join(tmpdir(), 'destinations-'))
  await mkdir(join(folder, 'notes'))
  await writeFile(join(folder, 'notes', 'file'), '')
  await mkdir(join(folder, 'empty'))
  await mkdir(join(folder, 'layout'))
  await writeFile(join(folder, 'layout', 'oci-layout'), '{}')
  await mkdir(join(folder, 'image'))
  await mkdir(join(folder, 'torn'))
  await writeFile(join(folder, 'torn', 'oci-layout'), '{}')
  await writeFile(join(folder, 'torn', 'index.json'), '{')
  await symlink(join(folder, 'nowhere'), join(folder, 'loose'))
  await mkdir(join(folder, 'a:b'))
  await writeFile(join(folder, 'image', 'version'), 'Directory Transport Version: 1.1\n')
})
afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await rm(folder, { recursive: true })
})

/** `@` stands for the folder of the test. */
function named(text: string): ImageName {
  const name = parseDestination(text.replaceAll('@', folder).replace('#', '@'))
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
  `oci-archive:@/${'ü'.repeat(127)}x`,
  'docker-archive:@/notes/file',
])('%s can be written', async (text) => {
  await checkDestinations([named(text)], NAMES, access)
})

it.each([
  ['oci:@/notes', 'the folder holds something else than an OCI layout: export to another folder'],
  ['oci:@/torn', 'the index of @/torn is not a valid OCI image: it is not JSON in UTF-8 (…): export to another folder'],
  ['oci:@/loose', 'it is a link to nothing: remove it, or export to another folder'],
  ['oci:@/a:b/image', 'the path ends at its first colon, as with skopeo, and there is a folder @/a:b: rename that'],
  ['oci:@/notes/file', '@/notes/file cannot be used as an OCI layout (ENOTDIR): export to another folder'],
  [
    'dir:@/notes/file/below',
    '@/notes/file/below cannot be used as the folder of an image (ENOTDIR): export to another folder',
  ],
  ['dir:@/notes', 'the folder holds something else than an image: export to another folder'],
  ['dir:@/missing/image', '@/missing is no folder: make it, or export to another place'],
  ['oci-archive:@/notes', 'it is there and no regular file: write the path of a file'],
  ...['oci', 'dir', 'oci-archive', 'docker-archive'].map((transport) => [
    `${transport}:@/${'ü'.repeat(128)}`,
    'the path holds a name of more than 255 bytes, which no file system takes: write a shorter one',
  ]),
  ['oci-archive:@/missing/x.tar', '@/missing is no folder: make it, or export to another place'],
  ['docker-archive:@/notes/file/x.tar', '@/notes/file is no folder: make it, or export to another place'],
])('%s is refused: %s', async (text, reason) => {
  const before = await readdir(folder)
  const { problems } = await checkDestinations([named(text)], NAMES, access).then(
    () => ({ problems: [] }),
    (error: InputError) => error,
  )
  const shown = problems.map((problem) => ({
    ...problem,
    text: problem.text.replace(/(?<=UTF-8 )\(.*?\)(?=:)/, '(…)'),
  }))
  expect(shown).toEqual([{ where: 'input export', text: `${text}: ${reason}`.replaceAll('@', folder) }])
  expect(await readdir(folder)).toEqual(before)
})

it.each([
  ['dir:@/link', 'link'],
  ['oci:@/link', 'link'],
  ['oci:@/layout', 'layout/blobs'],
  ['oci:@/with-blobs', 'with-blobs/blobs/sha256'],
])('%s of a description is not written through a link, and of the input it is', async (text, link) => {
  await mkdir(join(folder, 'elsewhere'))
  await mkdir(join(folder, 'with-blobs', 'blobs'), { recursive: true })
  await writeFile(join(folder, 'with-blobs', 'oci-layout'), '{}')
  await symlink(join(folder, 'elsewhere'), join(folder, link))
  const problem = `${join(folder, link)} is a link, which is not followed for a description: remove it, or set the input export`
  await expect(
    checkDestinations([named(text)], NAMES, access, { chosenBy: 'format of config.xml:7' }),
  ).rejects.toMatchObject({
    problems: [{ where: 'format of config.xml:7', text: `${text.replace('@', folder)}: ${problem}` }],
  })
  await checkDestinations([named(text)], NAMES, access)
})

it('all places that are wrong are named at once', async () => {
  const names = ['oci:@/notes', 'oci:@/new', 'oci-archive:@/notes'].map(named)
  await expect(checkDestinations(names, NAMES, access)).rejects.toMatchObject({ problems: { length: 2 } })
})

it('places that only others may write to are refused', async () => {
  const module = join(repositoryRoot, 'src/registry/target/destinations.ts')
  const places = [named('oci:@/empty/x'), named('dir:@/empty/x'), named('oci-archive:@/empty/x.tar')]
  const script = `const { checkDestinations } = await import(${JSON.stringify(module)})
    await checkDestinations(${JSON.stringify(places)}, [], {}).catch((error) => console.log(JSON.stringify(error.problems)))`
  await chmod(join(folder, 'empty'), 0o555)
  // Nothing is closed to root but without its capabilities.
  const limits = process.getuid?.() === 0 ? ['--bounding-set=-all', '--inh-caps=-all'] : []
  const node = [process.execPath, '--input-type=module', '--eval', script]
  const { stdout } = await runCommand('setpriv', [...limits, ...node])
  const problems: readonly { readonly text: string }[] = JSON.parse(stdout.toString())
  expect(problems).toHaveLength(3)
  for (const { text } of problems) expect(text).toContain(`${join(folder, 'empty')} cannot be written to`)
})

describe('two destinations', () => {
  it.each([
    ['oci-archive:@/x.tar', 'docker-archive:@/x.tar'],
    ['oci-archive:@/x.tar:a', 'oci-archive:@/empty/../x.tar:b'],
    ['oci:@/new', 'oci:@/new:1.0'],
    ['oci:@/new', 'dir:@/new'],
    ['dir:@/image', 'oci:@/image/layout'],
    ['docker://localhost:1/x', 'docker://localhost:1/x:latest'],
    ['oci:@/layout', 'oci:@/link'],
  ])('that are the same place are refused: %s %s', async (one, other) => {
    await symlink(join(folder, 'layout'), join(folder, 'link'))
    await expect(checkDestinations([one, other].map(named), NAMES, access)).rejects.toThrow(
      /it goes to the same place as/,
    )
  })

  it('may be two names in one layout', async () => {
    await checkDestinations(['oci:@/new', 'oci:@/new:other'].map(named), NAMES, access)
  })
})

describe('names', () => {
  it.each([
    ['oci:@/new', "'1_' cannot be the name of an image in a layout: write oci:PATH:REF"],
    ['docker-archive:@/x.tar', "'Acme/x:1_' is no name of an image: repository names are lower case: write acme/x"],
  ])('that cannot be had there are refused: %s', async (text, problem) => {
    const names = [{ repository: 'Acme/x', tag: '1_' }]
    await expect(checkDestinations([named(text)], names, access)).rejects.toThrow(problem)
  })
})

describe('a service', () => {
  it("docker's daemon that does not answer is found", async () => {
    const environment = { ...access.environment, DOCKER_HOST: `unix://${folder}/absent.sock` }
    await expect(checkDestinations([named('docker-daemon:x')], [], { ...access, environment })).rejects.toMatchObject({
      name: 'HostError',
      message: `docker's daemon does not answer at unix://${folder}/absent.sock (ENOENT): start it, or set DOCKER_HOST to where it listens`,
    })
  })

  it('a registry that wants a login is found', async () => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    await expect(checkDestinations([named(`docker://${closed.address}/x:1`)], [], access)).rejects.toThrow(
      'wants a login',
    )
  })

  it('a container storage that this user cannot have is found, and one that there is is taken', async () => {
    const [skopeo, args] = asRoot('/usr/bin/skopeo')
    const bin = join(folder, 'empty', 'skopeo')
    await writeFile(bin, `#!/bin/sh\nexec ${[skopeo, ...args].join(' ')} "$@"\n`, { mode: 0o755 })
    const environment = { ...access.environment, PATH: `${join(folder, 'empty')}:${access.environment['PATH']}` }
    const store = named(`containers-storage:[vfs#@/data+@/run]x`)
    try {
      await checkDestinations([store], [], { ...access, environment })
    } finally {
      await runCommand(...asRoot('rm', ['-rf', join(folder, 'data'), join(folder, 'run')]))
    }
    const wrong = named('containers-storage:[nonsense#@/data+@/run]x')
    await expect(checkDestinations([wrong], [], access)).rejects.toThrow(
      coded('host-storage', /^containers-storage:.* cannot be written: /),
    )
  })
})
