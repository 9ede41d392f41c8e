import { existsSync } from 'node:fs'
import { rm, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as sleep } from 'node:timers/promises'
import { capture, run } from './run.ts'

/** What the tests need of Debian and Ubuntu, and why. */
export const TEST_PACKAGES: Readonly<Record<string, string>> = {
  'apache2-utils': 'htpasswd: logins of the test registry',
  attr: "getfattr: extended attributes of a disk's files",
  bzip2: 'packs archives of bases',
  'busybox-static': 'real files for the base image',
  cpio: 'unpacks an initrd',
  'docker-registry': 'a real registry on loopback',
  'debian-archive-keyring': 'Ubuntu builds examples/runtime too',
  'docker.io': "docker's own engine: loads what is exported for it",
  dosfstools: 'mkfs.vfat: EFI system partitions',
  fdisk: 'sfdisk and fdisk: partition a disk',
  git: 'the consumer repository that act runs',
  mmdebstrap: 'fetches podman 5 and other consumers of images from Debian 13',
  mtools: 'mcopy: files into an EFI system partition, without mounting it',
  podman: 'loads exported archives, and boots a disk on examples/runtime',
  'python3-venv': 'environments for zizmor and KIWI',
  'qemu-system-x86': 'boots the disk that was built',
  'qemu-utils': 'qemu-img: makes and reads disks',
  runc: 'podman runs containers with it on every kind of cgroups',
  shellcheck: 'reads the scripts of the examples',
  skopeo: 'pulls images back',
  sudo: 'runs kiwi-oci as an ordinary user',
  strace: 'sees every file that a job writes',
  'systemd-boot-efi': "a real EFI program of this machine's architecture",
  umoci: "another program's opinion of our layouts",
  'xz-utils': "packs archives of bases, as KIWI's are",
  zstd: 'reads zstd layers',
}

/**
 * Programs that make a package needless. A hosted runner has Docker's own packages, which Debian's would push out, and
 * a rebuilt podman.
 */
const STAND_INS: Readonly<Record<string, string>> = { 'docker.io': 'dockerd', podman: 'podman', runc: 'runc' }
const FOLDERS = ['/usr/local/sbin', '/usr/local/bin', '/usr/sbin', '/usr/bin']

/** dpkg-query(1): one line of name and state for each package. */
const STATUS_LINE = `\${Package} \${db:Status-Status}\\n`

const POLICY = '/usr/sbin/policy-rc.d'
const LOCK_SECONDS = 300

/** @returns the packages of the list that this machine lacks */
export function missingPackages(names: readonly string[]): readonly string[] {
  const { stdout } = capture('dpkg-query', ['-W', '-f', STATUS_LINE, ...names])
  const installed = new Set(stdout.split('\n').filter((line) => line.endsWith(' installed')))
  return names.filter((name) => !installed.has(`${name} installed`) && !hasStandIn(name))
}

function hasStandIn(name: string): boolean {
  const program = STAND_INS[name]
  return program !== undefined && FOLDERS.some((folder) => existsSync(join(folder, program)))
}

/**
 * Installs packages, without what they merely recommend and without starting the services they bring.
 *
 * @throws Error when this is neither Debian nor Ubuntu, we are neither root nor may become it, or apt fails
 */
export async function installPackages(names: readonly string[]): Promise<void> {
  const wanted = names.join(' ')
  if (!existsSync('/usr/bin/apt-get')) throw new Error(`needs Debian or Ubuntu: no apt-get to install ${wanted}`)
  const sudo = process.getuid?.() === 0 ? [] : ['sudo']
  if (sudo.length > 0 && capture('sudo', ['-V']).exitCode !== 0) {
    throw new Error(`needs root or sudo to install ${wanted}`)
  }
  const asRoot = (args: readonly string[]) => asProgram([...sudo, 'env', 'DEBIAN_FRONTEND=noninteractive', ...args])
  await updateLists(asRoot(['apt-get', 'update', '-q']))
  const undo = await holdServices(sudo)
  try {
    const install = ['apt-get', 'install', '-q', '-y', '--no-install-recommends']
    const [program, args] = asRoot([...install, '-o', `DPkg::Lock::Timeout=${LOCK_SECONDS}`, ...names])
    run(program, args)
  } finally {
    await undo()
  }
  // Held back now, the registry would still start with the machine, on the port that a test may want.
  if (names.includes('docker-registry') && existsSync('/run/systemd/system')) {
    run(...asProgram([...sudo, 'systemctl', 'disable', '--quiet', 'docker-registry.service']))
  }
}

/** apt waits by itself only for dpkg's lock, not for that of the lists. */
async function updateLists([program, args]: readonly [string, readonly string[]]): Promise<void> {
  for (let waited = 0; ; waited += 5) {
    const { exitCode, stdout, stderr } = capture(program, args)
    if (exitCode === 0) return
    const locked = /Could not get lock|Unable to lock/.test(stderr)
    if (!locked || waited >= LOCK_SECONDS) throw new Error(`apt-get update failed:\n${stdout}${stderr}`)
    process.stdout.write('pretest: waits for another apt\n')
    await sleep(5000)
  }
}

/** Where a service manager runs, a policy that forbids starting holds for our one run of apt. @returns its removal */
async function holdServices(sudo: readonly string[]): Promise<() => Promise<void>> {
  if (existsSync(POLICY) || !existsSync('/run/systemd/system')) return async () => {}
  const draft = `/tmp/kiwi-oci-policy-rc.d-${process.pid}`
  await writeFile(draft, '#!/bin/sh\nexit 101\n', { flag: 'wx' })
  try {
    run(...asProgram([...sudo, 'install', '-m', '755', draft, POLICY]))
  } finally {
    await rm(draft)
  }
  return async () => run(...asProgram([...sudo, 'rm', '-f', POLICY]))
}

function asProgram(words: readonly string[]): [string, readonly string[]] {
  const [program, ...args] = words
  if (program === undefined) throw new Error('no program to run')
  return [program, args]
}
