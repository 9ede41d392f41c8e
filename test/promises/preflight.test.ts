import { chmod, cp, mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, it } from 'vitest'
import { distribution, readDistribution } from '../../src/host/distribution.ts'
import type { DescriptionFacts } from '../../src/host/facts.ts'
import { installTools, missingToolsError, packagesFor } from '../../src/host/install.ts'
import { publicMirrors } from '../../src/host/mirrors.ts'
import { missingTools, searchFolders } from '../../src/host/missing.ts'
import { findPrivileges } from '../../src/host/privileges.ts'
import { toolNeeds } from '../../src/host/tools.ts'
import { description, NOBODY, type Place, place, type RunOptions } from '../process/support/cli.ts'
import { repositoryRoot } from '../support/tools.ts'
import {
  FOREIGN_DISTRIBUTION,
  OWN_DEV,
  program,
  small,
  WITHOUT_ADMINISTRATION,
  WITHOUT_ENSUREPIP,
  WITHOUT_LOOP,
  without,
  withoutDriver,
  withoutFilesystem,
} from './support/machines.ts'
import { Tried } from './support/tried.ts'

const SECONDS = 5
const DEBIAN = distribution('ID=debian\nVERSION_CODENAME=bookworm\n')
const usual: DescriptionFacts = {
  architecture: 'x86_64',
  packageManager: 'apt',
  kiwiVersion: '11.1.6',
  filesystems: ['ext4', 'xfs', 'btrfs', 'squashfs', 'erofs', 'swap'],
  firmware: 'bios',
  ...{ luks: true, lvm: true, mdraid: true, verity: true, integrity: true, plainPasswords: true, fstabPatch: true },
}
/** Descriptions that together need everything that any does. */
const DESCRIPTIONS: readonly DescriptionFacts[] = [
  usual,
  { ...usual, firmware: 'uefi' },
  { ...usual, kiwiVersion: '9.24.61' },
  { ...usual, kiwiVersion: 'system' },
  { ...usual, architecture: 's390x' },
  ...['zypper', 'dnf4', 'dnf5', 'microdnf', 'pacman', 'apk'].map((packageManager) => ({ ...usual, packageManager })),
]

it('each program that any description needs is named alone when it is taken away, with the package that brings it', async () => {
  const tried = new Tried('preflight', 'programs and files taken away')
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-programs-'))
  try {
    const needs = [{ source: 'disk', basePacking: 'xz' } as const, { source: 'disk', basePacking: 'bzip2' } as const]
    const tools = [...needs, ...DESCRIPTIONS.map((facts) => ({ source: 'description', ...facts }) as const)]
      .flatMap((facts) => toolNeeds(facts))
      .filter((tool, at, all) => all.findIndex((other) => other.name === tool.name) === at)
    const programs = tools.filter(({ look }) => look.kind === 'program')
    for (const { look } of programs) {
      for (const name of look.kind === 'program' ? look.anyOf : []) {
        await writeFile(join(folder, name), '#!/bin/sh\n')
        await chmod(join(folder, name), 0o755)
      }
    }
    for (const tool of programs) {
      const names = tool.look.kind === 'program' ? tool.look.anyOf : []
      for (const name of names) await chmod(join(folder, name), 0o644)
      const missing = await missingTools(programs, [folder])
      for (const name of names) await chmod(join(folder, name), 0o755)
      const wrong =
        missing.map(({ name }) => name).join() === tool.name ? [] : [`named ${missing.map(({ name }) => name)}`]
      const { packages } = packagesFor([tool], DEBIAN)
      const { message } = missingToolsError([tool], DEBIAN)
      const remedy =
        packages.length === 0 ? 'install it in another way' : `--no-install-recommends ${packages.join(' ')}\``
      tried.add(tool.name, [...wrong, ...(message.includes(remedy) ? [] : [`no remedy: ${message}`])])
    }
    const keyrings = Object.values(publicMirrors).map(({ keyring }) => keyring)
    for (const keyring of keyrings) {
      const [tool] = toolNeeds({ source: 'description', ...usual, keyrings: [keyring] }).slice(-1)
      tried.add(keyring.path, tool?.name === keyring.path ? [] : ['not looked for'])
    }
  } finally {
    await rm(folder, { recursive: true })
  }
  await tried.finish(50)
})

interface Machine {
  readonly options: RunOptions
  readonly args?: readonly string[]
  /** Codes and texts that are told, each once and no other. */
  readonly told: readonly (readonly [code: string, text: RegExp])[]
}

const on = (machine: string): RunOptions => ({ machine: `${machine}\nexec "$@"` })
const LOOP = ['host-devices', /no loop device for the disk .*modprobe loop/] as const
const DEV = ['host-devices', /no partition of a disk appears in \/dev.*-v \/dev:\/dev/] as const
const SPACE = ['host-space', /not enough space in .*: about \d+\.\d GB are needed, \d+ MB are free/] as const
const tool = (name: string, brought: string) =>
  ['host-tools', new RegExp(`lacks ${name} \\(.*install --no-install-recommends .*${brought}`)] as const

const MACHINES: Readonly<Record<string, Machine>> = {
  ...Object.fromEntries(
    (
      [
        ['skopeo', 'skopeo'],
        ['qemu-img', 'qemu-utils'],
        ['sgdisk', 'gdisk'],
        ['rsync', 'rsync'],
        ['setpriv', 'util-linux'],
        ['losetup', 'mount'],
        ['dpkg-deb', 'dpkg'],
      ] as const
    ).map(([name, brought]) => [name, { options: on(without(program(name))), told: [tool(name, brought)] }]),
  ),
  ensurepip: { options: on(WITHOUT_ENSUREPIP), told: [tool('python3-venv', 'python3-venv')] },
  'the keyring of Debian': {
    options: on(without('/usr/share/keyrings/debian-archive-keyring.gpg')),
    args: ['--description', 'debian'],
    told: [tool('/usr/share/keyrings/debian-archive-keyring.gpg', 'debian-archive-keyring')],
  },
  'kiwi-ng of the machine': {
    options: { ...on(''), env: { PATH: '/usr/bin:/bin' } },
    args: ['--kiwi-version', 'system'],
    told: [tool('kiwi-ng', 'kiwi')],
  },
  'any kiwi-ng': {
    options: { ...on(''), env: { PATH: '/usr/bin:/bin' } },
    told: [['host-tools', /lacks kiwi-ng 11\.1\.6: set install-tools/]],
  },
  btrfs: {
    options: on(withoutFilesystem('btrfs')),
    args: ['--description', 'btrfs'],
    told: [['host-kernel', /the running kernel \S+ has no btrfs/]],
  },
  'software RAID': {
    options: on(withoutDriver('md')),
    args: ['--description', 'raid'],
    told: [['host-kernel', /the running kernel \S+ has no software RAID \(md\)/]],
  },
  'device-mapper': {
    options: on(withoutDriver('device-mapper')),
    args: ['--description', 'lvm'],
    told: [['host-kernel', /the running kernel \S+ has no device-mapper/]],
  },
  'root, and sudo': {
    options: { user: NOBODY },
    told: [['host-root', /^building needs root/]],
  },
  'the right to make namespaces': {
    options: { machine: WITHOUT_ADMINISTRATION },
    told: [['host-namespace', /^root may not make namespaces here \(.*--privileged$/]],
  },
  'a /dev with new nodes (no devtmpfs)': { options: on(OWN_DEV), told: [DEV] },
  'a free loop device, and /dev/loop-control': { options: on(WITHOUT_LOOP), told: [LOOP] },
  'GB in the temp': { options: on(small('$TMPDIR')), told: [SPACE] },
  'GB in work-dir': { options: on(small('$PWD/out')), args: ['--work-dir', 'out/deeper'], told: [SPACE] },
  'a temp whose name a shell takes as it is': {
    options: { ...on('mount -t tmpfs none /dev/shm; mkdir "$TMPDIR"'), env: { TMPDIR: '/dev/shm/with space' } },
    told: [['host-folder', /KIWI cannot build below \/dev\/shm\/with space/]],
  },
  'packages, of a distribution that nobody knows': {
    options: on(`${FOREIGN_DISTRIBUTION}\n${without(program('sgdisk'))}`),
    args: ['--install-tools'],
    told: [['host-tools', /lacks sgdisk .* whose packages we know: install sgdisk yourself/]],
  },
  'many things at once': {
    options: on(
      [without(program('sgdisk'), program('rsync')), withoutFilesystem('btrfs'), small('$TMPDIR'), OWN_DEV].join('\n'),
    ),
    args: ['--description', 'btrfs'],
    told: [['host-kernel', /btrfs/], DEV, tool('rsync \\(.*sgdisk', 'rsync gdisk'), SPACE],
  },
}

let here: Place
beforeAll(async () => {
  here = await place()
  await here.openToAll()
  await chmod(await here.write('kiwi-ng', KIWI), 0o755)
  await here.write('plain/config.xml', description())
  await here.write('btrfs/config.xml', description({ type: '<type image="oem" filesystem="btrfs"/>' }))
  await here.write('raid/config.xml', description({ type: '<type image="oem" filesystem="ext4" mdraid="mirroring"/>' }))
  const volumes = '<type image="oem" filesystem="ext4"><systemdisk name="group"/></type>'
  await here.write('lvm/config.xml', description({ type: volumes }))
  await cp(join(repositoryRoot, 'examples/debian'), join(here.folder, 'debian'), { recursive: true })
  await mkdir(join(here.folder, 'out'))
  await chmod(join(here.folder, 'out'), 0o777)
  const needs = DESCRIPTIONS.slice(0, 1).flatMap((facts) =>
    toolNeeds({
      source: 'description',
      ...facts,
      filesystems: ['ext4', 'btrfs'],
      luks: false,
      verity: false,
      integrity: false,
    }),
  )
  const folders = searchFolders(process.env['PATH'] ?? '')
  const report = { info() {}, warning() {}, output() {}, group() {}, endGroup() {} }
  await installTools({
    missing: await missingTools(needs, folders),
    distribution: await readDistribution(),
    privileges: await findPrivileges(),
    ...{ folders, report, nowSeconds: Date.now() / 1000 },
  })
})
afterAll(() => here?.[Symbol.asyncDispose]())

const SYSTEM = '/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin'
/** Says that it is KIWI, and refuses every description. */
const KIWI = `#!/bin/sh
[ "$1" != --version ] || exec echo 'KIWI (next generation) version 11.1.6'
echo '[ ERROR   ]: 12:00:00 | the stand-in refuses'
exit 1
`

/** The codes and lines of the errors, and what else is wrong. */
async function told({ options, args = [] }: Machine): Promise<readonly string[]> {
  const given = args.includes('--description') ? args : ['--description', 'plain', ...args]
  const began = performance.now()
  const run = await here.run(given, { ...options, env: { PATH: `${here.folder}:${SYSTEM}`, ...options.env } })
  const seconds = (performance.now() - began) / 1000
  const slow = seconds > SECONDS ? [`took ${seconds.toFixed(1)} s`] : []
  const lines = [...run.stderr.matchAll(/^error\[([a-z-]+)\]: (.*)$/gm)].map(([, code, text]) => `${code}: ${text}`)
  return [...lines, ...slow, ...(await here.leftovers()).map((name) => `left ${name}`)]
}

it('what a machine lacks is named alone, all at once, within five seconds and before anything is made', async () => {
  const tried = new Tried('preflight', 'machines that lack something')
  const whole = await told({ options: on(''), told: [] })
  tried.add(
    'nothing: KIWI then refuses the description',
    whole.length === 1 && /^description: .*the stand-in refuses/.test(whole[0] ?? '') ? [] : whole,
  )
  for (const [what, machine] of Object.entries(MACHINES)) {
    const lines = await told(machine)
    const expected = machine.told.map(([code, text], at) => {
      const line = lines[at] ?? ''
      return line.startsWith(`${code}: `) && text.test(line.slice(code.length + 2))
        ? []
        : [`told as ${line || 'nothing'}`]
    })
    tried.add(what, [...expected.flat(), ...lines.slice(machine.told.length).map((line) => `also told: ${line}`)])
  }
  await tried.finish(24)
})
