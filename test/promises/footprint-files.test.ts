import { chmod, cp, mkdir, readdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { description, type Place, place } from '../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { runAsRoot } from '../support/root.ts'
import { makeSudoUser } from '../support/sudouser.ts'
import { repositoryRoot } from '../support/tools.ts'
import { audited } from './support/audited.ts'
import { writeSmallKiwi } from './support/smallkiwi.ts'
import { isWide, Tried } from './support/tried.ts'

/** Where skopeo keeps which registry has which blob, for itself and podman (c/image: `pkg/blobinfocache`). */
const SKOPEO = /^\/var\/lib\/containers\/cache(\/blob-info-cache-v1\.(boltdb|sqlite.*))?$/

let registry: Registry
let base: Base
let here: Place
const root = () => dirname(here.folder)
beforeAll(async () => {
  registry = await startRegistry()
  base = await makeBase()
  here = await place()
  await pushBase(base, `${registry.address}/acme/base:1`)
  await here.write('a.raw', 'disk'.repeat(1 << 18))
})
afterAll(async () => {
  for (const each of [registry, base, here]) await each?.[Symbol.asyncDispose]()
})

interface Job {
  readonly args: readonly string[]
  /** What it may write in its working folder. */
  readonly outputs?: readonly string[]
  readonly exitCode?: number
  /** In the wide form only. */
  readonly wide?: true
}

const jobs = (): Readonly<Record<string, Job>> => ({
  'a refused input': { args: ['--disk', 'a.raw', '--format', 'none', '--export', 'oci:refused'], exitCode: 2 },
  'a missing disk': { args: ['--disk', 'b.raw', '--export', 'oci:refused'], exitCode: 2, wide: true },
  'an export to a layout': { args: ['--disk', 'a.raw', '--export', 'oci:layout:1'], outputs: ['layout'] },
  'the same again': { args: ['--disk', 'a.raw', '--export', 'oci:layout:1'], outputs: ['layout'], wide: true },
  'exports to archives and a folder': {
    args: [
      '--disk',
      'a.raw',
      '--export',
      'oci-archive:o.tar',
      '--export',
      'docker-archive:d.tar:acme/a:1',
      '--export',
      'dir:folder',
    ],
    outputs: ['o.tar', 'd.tar', 'folder'],
  },
  'a disk in another format, which stays': {
    args: ['--disk', 'a.raw', '--format', 'vdi', '--work-dir', 'kept', '--metadata-file', 'm.json'],
    outputs: ['kept', 'm.json'],
  },
  'a push onto a base': {
    args: [
      '--disk',
      'a.raw',
      '--base-image',
      `${registry.address}/acme/base:1`,
      '--tls-verify=false',
      '--push',
      '--tags',
      `${registry.address}/acme/a:1`,
    ],
  },
  'a push to a registry that is not there': {
    args: ['--disk', 'a.raw', '--tls-verify=false', '--push', '--tags', '127.0.0.1:9/acme/a:1'],
    exitCode: 1,
    wide: true,
  },
})

it('a job that wraps a disk writes to its temp, its outputs and the cache, as strace sees it', async () => {
  const tried = new Tried('footprint-files', 'files that jobs make, write or change')
  for (const [what, { args, outputs = [], exitCode = 0, wide }] of Object.entries(jobs())) {
    if (wide && !isWide) continue
    const env = { PATH: process.env['PATH'] ?? '', HOME: join(root(), 'home'), TMPDIR: join(root(), 'temp') }
    const command = [process.execPath, join(repositoryRoot, 'dist/cli.js'), ...args] as const
    const run = await audited(command, { cwd: here.folder, env })
    const places = [
      join(root(), 'temp'),
      ...['home/.cache', 'home/.local/share/containers/cache'].map((path) => join(root(), path)),
      ...outputs.map((name) => join(here.folder, name)),
    ]
    // Written beside it under a partial name, and renamed at the end.
    const allowed = (file: string) =>
      SKOPEO.test(file) ||
      places.some((path) => file === path || file.startsWith(`${path}/`)) ||
      (outputs.length > 0 && file.startsWith(join(here.folder, '.')))
    tried.add(`${what}: the job`, [
      ...(run.exitCode === exitCode ? [] : [`ended with ${run.exitCode}: ${run.output}`]),
      ...(await here.leftovers()).map((name) => `${name} stays in the temp`),
    ])
    for (const file of run.files) tried.add(what, allowed(file) ? [] : [file])
  }
  await tried.finish(100)
})

it('what a run leaves can be deleted by the user who started it, whatever root wrote in it', async () => {
  const tried = new Tried('footprint-files', 'things that a run leaves to an ordinary user')
  await using user = await makeSudoUser()
  await using own = await place()
  await own.openToAll()
  const bin = await writeSmallKiwi(join(own.folder, 'bin'), join(own.folder, 'source'))
  await writeFile(join(own.folder, 'source'), 'disk'.repeat(1 << 20))
  await own.write('good/config.xml', description())
  await cp(join(own.folder, 'bin'), join(own.folder, 'broken'), { recursive: true })
  await writeFile(join(own.folder, 'broken/kiwi-ng'), BROKEN)
  await mkdir(join(own.folder, 'out'))
  await chmod(join(own.folder, 'out'), 0o777)
  const PATH = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
  const args = [
    '--description',
    'good',
    '--work-dir',
    'out/work',
    '--export',
    'oci:out/image',
    '--export',
    'oci-archive:out/i.tar',
  ]
  const built = await own.run(args, { user, env: { PATH: `${bin}:${PATH}` } })
  tried.add('a build', built.exitCode === 0 ? [] : [built.stderr])
  const failed = await own.run(args.slice(0, 2), { user, env: { PATH: `${join(own.folder, 'broken')}:${PATH}` } })
  tried.add('a build that fails', failed.exitCode === 1 ? [] : [failed.stderr])
  const left = [join(own.folder, 'out'), join(dirname(own.folder), 'temp'), join(dirname(own.folder), 'home')]
  const paths = (await runAsRoot('find', ...left, '-mindepth', '1')).split('\n')
  for (const path of paths) tried.add(kind(path))
  const asUser = ['setpriv', `--reuid=${user.uid}`, `--regid=${user.gid}`, '--clear-groups'] as const
  await runAsRoot(...asUser, 'find', ...left, '-mindepth', '1', '-delete').catch(() => {})
  for (const folder of left) {
    for (const name of await readdir(folder)) tried.add('the removal', [`${join(folder, name)} stays`])
  }
  await tried.finish(20)
})

/** Writes its log and ends as KIWI does when it fails. */
const BROKEN = `#!/bin/sh
for a do case $a in --version) echo 'KIWI (next generation) version 11.1.6'; exit 0 ;; --logfile=*) log=\${a#*=} ;; esac; done
case " $* " in *' image info '*) exit 0 ;; esac
echo '[ ERROR   ]: 12:00:00 | it does not build' | tee "$log"
exit 1
`

function kind(path: string): string {
  if (path.includes('-log-')) return 'logs'
  if (path.includes('/home/')) return 'cache'
  return path.includes('/out/work') ? 'work-dir' : 'exports'
}
