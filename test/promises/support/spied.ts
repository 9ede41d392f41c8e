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
  /** The secrets that they got where others see them, and files of logins that others can read. */
  wrong(): Promise<readonly string[]>
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
      const own = text(pid, 'cmdline')
      processes.add(`arguments ${own}`)
      for (const each of descendants(pid)) {
        const [before, environment, after] = [text(each, 'cmdline'), text(each, 'environ'), text(each, 'cmdline')]
        processes.add(`arguments ${after}`)
        // Until it becomes another program it is a copy of the step, which keeps for ever what it was started with.
        if (before === after && after !== own) processes.add(`environment ${environment}`)
      }
      if (text(pid, 'stat') === '') clearInterval(timer)
    }, INTERVAL_MILLISECONDS)
  }
  const wrong = async () => {
    const calls = await readFile(log, 'utf8').catch(() => '')
    const modes = [...calls.matchAll(/^mode (\d+) (.*)$/gm)].filter(([, mode = '', name = '']) =>
      name.includes('kiwi-oci-login-') ? mode !== (name.endsWith('.json') ? '600' : '700') : false,
    )
    return [
      ...leaks(calls, 'what skopeo or qemu-img got'),
      ...[...processes].flatMap((process) => leaks(process, process.slice(0, process.indexOf(' ')))),
      ...modes.map(([line]) => line),
    ]
  }
  return { path, watch, wrong }
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
