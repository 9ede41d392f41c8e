import { execFile } from 'node:child_process'
import { readdir, realpath } from 'node:fs/promises'
import { join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { promisify } from 'node:util'
import { runAsRoot } from './root.ts'
import { repositoryRoot } from './tools.ts'

/** Where no file of a disk is. */
const UNREAL = ['proc', 'sysfs', 'cgroup', 'cgroup2', 'devpts', 'devtmpfs', 'debugfs', 'tracefs', 'securityfs', 'bpf']
/** Where anybody leaves files, whose names are looked at instead. */
const TEMP = ['/tmp', '/var/tmp']
/** What KIWI and apt call what they put there; our own folders are the tests' to look for. */
const TEMPORARY = /^(kiwi_|kiwi-oci-\d|apt[.-]|fileutl|dracut|oci\d|container_images)/
/** What every machine writes by itself: its services, and what other programs of the tests write. */
const SERVICES = [
  /^\/(run|var\/lib)\/(systemd|udev|utmp|dbus|user|lock|sudo|snapd|waagent|chrony|NetworkManager|libpod|docker|containerd)\b/,
  /^\/var\/log\/(journal|azure|sysstat|chrony)\b/,
  /^\/var\/log\/(syslog|auth\.log|kern\.log|daemon\.log|messages|wtmp|btmp|lastlog|waagent\.log|cloud-init.*|faillog)$/,
  /^\/var\/lib\/(docker|containerd|containers|systemd|logrotate|fwupd|private|azure)\b/,
  /^\/var\/cache\/(fwupd|private)\b/,
  // A hosted runner's own folders.
  /^\/home\/runner\b/,
  /^\/etc\/(mtab|resolv\.conf)$/,
  /^\/dev\/shm\b/,
]

/** Where a folder that was missing was made for a build, and is gone again: its time tells of it, and nothing else. */
const PASSING = /^\/(etc\/lvm|etc\/apt|run|var\/cache)$/

/** A moment that files are compared with. */
export interface Moment {
  /** Seconds since 1970, as find(1) reads them. */
  readonly time: string
  readonly temporary: ReadonlySet<string>
}

/** Now; what happens after it is told from what happened before. */
export async function moment(): Promise<Moment> {
  const temporary = await temporaryFiles()
  const time = await runAsRoot('date', '+%s.%N')
  // The time of a file is that of the kernel's last tick, up to 10 ms ago.
  await pause(50)
  return { time, temporary: new Set(temporary) }
}

/**
 * What of this machine was made, written, renamed or given another mode since then, by the time of change that nobody can
 * set; a folder is there also for what went from it. Without the tests' own folders and what the services of machines write.
 *
 * @param own folders that may change
 */
export async function touchedSince(
  { time, temporary }: Moment,
  own: readonly string[] = [],
): Promise<readonly string[]> {
  const skipped = [...TEMP, ...(await repository()), ...own].flatMap((path) => ['-o', '-path', path])
  const unreal = UNREAL.flatMap((type) => ['-o', '-fstype', type])
  const args = ['/', '(', '-false', ...unreal, ...skipped, ')', '-prune', '-o', '-newerct', `@${time}`, '-print']
  // What goes while it looks makes find fail; what it found counts.
  const found = (await runAsRoot('sh', '-c', 'find "$@" 2>/dev/null || true', 'sh', ...args)).split('\n')
  const left = (await temporaryFiles()).filter((path) => !temporary.has(path))
  return [
    ...found.filter((path) => path !== '' && !PASSING.test(path) && !SERVICES.some((service) => service.test(path))),
    ...left,
  ]
}

async function temporaryFiles(): Promise<readonly string[]> {
  const names = await Promise.all(
    TEMP.map(async (folder) =>
      (await readdir(folder)).filter((name) => TEMPORARY.test(name)).map((name) => `${folder}/${name}`),
    ),
  )
  return names.flat()
}

/** Its folder, and those of git and of npm's packages, which lie elsewhere in a worktree. */
async function repository(): Promise<readonly string[]> {
  const args = ['rev-parse', '--path-format=absolute', '--git-common-dir']
  const { stdout } = await promisify(execFile)('git', args, { cwd: repositoryRoot })
  return [repositoryRoot, stdout.trim(), await realpath(join(repositoryRoot, 'node_modules'))]
}
