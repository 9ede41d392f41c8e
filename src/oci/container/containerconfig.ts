import type { ConfigChanges } from './config.ts'
import type { KeyProblem } from './keyproblem.ts'
import { portProblem } from './port.ts'

/** Those of Linux by name (signal(7)), which engines know. */
const SIGNALS = new Set(
  `HUP INT QUIT ILL TRAP ABRT IOT BUS FPE KILL USR1 SEGV USR2 PIPE ALRM TERM STKFLT CHLD CLD CONT STOP TSTP TTIN TTOU URG
  XCPU XFSZ VTALRM PROF WINCH IO POLL PWR SYS RTMIN RTMAX`.split(/\s+/),
)

/** KIWI's words, in `<containerconfig>`, for keys of the input that docker and podman call otherwise. */
export const KIWI_WORDS: ReadonlyMap<string, string> = new Map([
  ['author', 'maintainer'],
  ['workdir', 'workingdir'],
  ['cmd', 'subcommand'],
  ['env', 'environment'],
])

/** Why changes cannot be made; for changes of any source. */
export function configProblems(changes: ConfigChanges): readonly KeyProblem[] {
  const { env, labels, user, workdir, expose, volumes, stopsignal } = changes
  const of = (key: string, text: string | undefined) => (text === undefined ? [] : [{ key, text }])
  return [
    ...Object.entries(env ?? {}).flatMap(([name, value]) => of('env', envProblem(name, value))),
    ...of('labels', '' in (labels ?? {}) ? 'a name is empty' : undefined),
    ...of('user', user ? userProblem(user) : undefined),
    ...of('workdir', workdir ? pathProblem(workdir) : undefined),
    ...(expose ?? []).flatMap((port) => of('expose', portProblem(port))),
    ...(volumes ?? []).flatMap((path) => of('volumes', volumeProblem(path))),
    ...of('stopsignal', stopsignal ? signalProblem(stopsignal) : undefined),
  ]
}

/**
 * The description's changes under those of the input, which wins key by key: among env, labels and history name by name,
 * the others as a whole.
 *
 * An entrypoint of the input also clears the base's cmd, which was made for the other one, unless there is a cmd: as docker
 * and podman do. One of the description leaves the base's cmd, as KIWI does (kiwi/oci_tools/umoci.py).
 */
export function mergedChanges(description: ConfigChanges, input: ConfigChanges): ConfigChanges {
  const env = mergedNames(description.env, input.env)
  const labels = mergedNames(description.labels, input.labels)
  const history = mergedNames(description.history, input.history)
  const cmd = input.entrypoint !== undefined && description.cmd === undefined ? { cmd: null } : {}
  return {
    ...description,
    ...cmd,
    ...input,
    ...(env === undefined ? {} : { env }),
    ...(labels === undefined ? {} : { labels }),
    ...(history === undefined ? {} : { history }),
  }
}

function mergedNames<Members extends object>(
  below: Members | null | undefined,
  above: Members | null | undefined,
): Members | null | undefined {
  if (!below || !above) return above === undefined ? below : above
  return { ...below, ...above }
}

function userProblem(user: string): string | undefined {
  return /[\s\0]|:.*:/.test(user) ? `${JSON.stringify(user)} is not a user: write USER, UID or USER:GROUP` : undefined
}

function envProblem(name: string, value: string | null): string | undefined {
  if (name === '' || /[=\0]/.test(name)) return `${JSON.stringify(name)} cannot be the name of a variable`
  return value?.includes('\0') ? `the value of ${name} holds a NUL character` : undefined
}

function volumeProblem(path: string): string | undefined {
  return /^\/+$/.test(path) ? 'the root of the image is no volume: name a folder in it' : pathProblem(path)
}

function pathProblem(path: string): string | undefined {
  return path.startsWith('/') && !path.includes('\0')
    ? undefined
    : `${JSON.stringify(path)} is not an absolute path: start it with /`
}

/** image-spec config.md, StopSignal: a name such as SIGKILL or SIGRTMIN+3, or a number. */
function signalProblem(text: string): string | undefined {
  const [, name] = /^SIG(RTMIN\+[0-9]{1,2}|RTMAX-[0-9]{1,2}|[A-Z0-9]+)$/.exec(text) ?? []
  if (name !== undefined && (/^RT(MIN|MAX)/.test(name) || SIGNALS.has(name))) return undefined
  if (/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64) return undefined
  return `${JSON.stringify(text)} is not a signal: write SIGTERM, SIGRTMIN+3 or a number`
}
