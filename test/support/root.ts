import { type ChildProcess, execFile } from 'node:child_process'
import { fileURLToPath } from 'node:url'
import { promisify } from 'node:util'

/** Hosted runners run jobs as an ordinary user who has sudo: what a test needs root for is started through it there. */
const SUDO = ['sudo', '-n', '--'] as const
const CALLED = fileURLToPath(new URL('./called.ts', import.meta.url))

/** The command line that runs a program as root, to be spread into `spawn`. */
export function asRoot(program: string, args: readonly string[] = []): [string, string[]] {
  if (process.getuid?.() === 0) return [program, [...args]]
  const [sudo, ...flags] = SUDO
  return [sudo, [...flags, program, ...args]]
}

/** Runs a program as root. @returns what it printed @throws Error when it fails */
export async function runAsRoot(program: string, ...args: readonly string[]): Promise<string> {
  const { stdout } = await promisify(execFile)(...asRoot(program, args), { maxBuffer: 1 << 26 })
  return stdout.trim()
}

/** Sends a signal to a program that {@link asRoot} started; sudo passes it on. */
export async function signalAsRoot({ pid }: ChildProcess, signal: 'SIGINT' | 'SIGTERM' | 'SIGKILL'): Promise<void> {
  if (pid !== undefined) await runAsRoot('kill', '-s', signal.slice('SIG'.length), String(pid))
}

/**
 * Calls an exported function in a process of root.
 *
 * @param module absolute path or URL
 * @param args as JSON can carry them
 * @returns its result, of JSON
 * @throws Error with the message of what it threw
 */
export async function callAsRoot(module: string, name: string, ...args: readonly unknown[]): Promise<unknown> {
  const answer = JSON.parse(await runAsRoot(process.execPath, CALLED, module, name, JSON.stringify(args)))
  if ('thrown' in answer) throw new Error(answer.thrown)
  return answer.result
}
