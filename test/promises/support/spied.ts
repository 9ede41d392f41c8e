import type { ChildProcess } from 'node:child_process'
import { readdirSync, readFileSync } from 'node:fs'
import { chmod, mkdir, readFile, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { type Canary, canariesIn } from './canaries.ts'

/** What programs of a job got to see. */
export interface Spied {
  /** Folder for the front of the PATH. */
  readonly path: string
  /** Looks at all that a process starts, until that ends; for `onStart`. */
  readonly watch: (child: ChildProcess) => void
  /** What was wrong so far, and how many calls of programs there were. */
  seen(): Promise<{ readonly wrong: readonly string[]; readonly calls: number }>
}

/** Programs that talk to registries or disks. */
const PROGRAMS = ['skopeo', 'qemu-img'] as const
const INTERVAL_MILLISECONDS = 5

/** Says what it was called with, and of a file of logins who may read it and its folder, before it becomes the real one. */
const script = (program: string, log: string) => `#!/bin/bash
{
  printf 'call %q ' "$0" "$@"; echo
  env
  for word in "$@"; do
    case "$previous" in --authfile) stat -c 'mode %a %n' "$(dirname "$word")"; stat -c 'mode %a %n' "$word" ;; esac
    previous=$word
  done
} >> '${log}' 2> /dev/null
PATH=\${PATH#*:}
exec ${program} "$@"
`

/** @param folder a new one is made there */
export async function spyOn(folder: string): Promise<Spied> {
  const [path, log] = [join(folder, 'bin'), join(folder, 'calls')]
  await mkdir(path, { recursive: true })
  for (const program of PROGRAMS) {
    await writeFile(join(path, program), script(program, log))
    await chmod(join(path, program), 0o755)
  }
  const processes = new Set<string>()
  const watch = ({ pid = 0 }: ChildProcess) => {
    const timer = setInterval(() => {
      const below = descendants(pid)
      for (const each of [pid, ...below]) processes.add(`arguments ${text(each, 'cmdline')}`)
      // What started the step is in its own environment for ever, and in nobody else's.
      for (const each of below) processes.add(`environment ${text(each, 'environ')}`)
      if (text(pid, 'stat') === '') clearInterval(timer)
    }, INTERVAL_MILLISECONDS)
  }
  const seen = async () => {
    const calls = await readFile(log, 'utf8').catch(() => '')
    const modes = [...calls.matchAll(/^mode (\d+) (.*)$/gm)].filter(([, mode = '', name = '']) =>
      name.includes('kiwi-oci-login-') ? mode !== (name.endsWith('.json') ? '600' : '700') : false,
    )
    return {
      wrong: [
        ...leaks(calls, 'what skopeo or qemu-img got'),
        ...[...processes].flatMap((process) => leaks(process, process.slice(0, process.indexOf(' ')))),
        ...modes.map(([line]) => line),
      ],
      calls: calls.split('\n').filter((line) => line.startsWith('call ')).length,
    }
  }
  return { path, watch, seen }
}

/** Programs that load something have to know the proxy; nobody sees their environment but the same user. */
function leaks(text: string, where: string): readonly string[] {
  const isAllowed = (canary: Canary) => canary === 'proxy' && !text.startsWith('arguments ')
  return canariesIn(text).flatMap((canary) => (isAllowed(canary) ? [] : [`${canary} in ${where}`]))
}

function descendants(pid: number): readonly number[] {
  const tasks = attempt(() => readdirSync(`/proc/${pid}/task`)) ?? []
  const children = tasks.flatMap((task) => text(pid, `task/${task}/children`).split(' ').filter(Boolean).map(Number))
  return children.flatMap((child) => [child, ...descendants(child)])
}

function text(pid: number, file: string): string {
  return attempt(() => readFileSync(`/proc/${pid}/${file}`, 'utf8')) ?? ''
}

/** Nothing where the process has ended meanwhile. */
function attempt<T>(read: () => T): T | undefined {
  try {
    return read()
  } catch {
    return undefined
  }
}
