import { spawnSync } from 'node:child_process'

export interface RunOptions {
  readonly cwd?: string
  /** The whole environment; ours where it is left out. */
  readonly env?: NodeJS.ProcessEnv
  /** The program is ended after this many seconds. */
  readonly timeoutSeconds?: number
}

export interface Captured {
  /** 128 and more when a signal or the time limit ended the program. */
  readonly exitCode: number
  /** Standard output. */
  readonly stdout: string
  /** Standard error. */
  readonly stderr: string
}

/** Runs a program that prints straight to our terminal. @returns its exit code @throws Error when it cannot start */
export function exitCodeOf(program: string, args: readonly string[], options: RunOptions = {}): number {
  const result = spawnSync(program, args, { ...spawnOptions(options), stdio: ['ignore', 'inherit', 'inherit'] })
  if (result.error) throw result.error
  return result.status ?? 128
}

/** Runs a program that has to succeed. @throws Error naming the command otherwise */
export function run(program: string, args: readonly string[], options: RunOptions = {}): void {
  const exitCode = exitCodeOf(program, args, options)
  if (exitCode !== 0) throw new Error(`failed with exit code ${exitCode}: ${program} ${args.join(' ')}`)
}

/** Runs a program and keeps what it prints. @returns exit code 127 when there is no such program */
export function capture(program: string, args: readonly string[], options: RunOptions = {}): Captured {
  const result = spawnSync(program, args, {
    ...spawnOptions(options),
    stdio: ['ignore', 'pipe', 'pipe'],
    encoding: 'utf8',
    maxBuffer: 64 * 1024 * 1024,
  })
  if (result.error && 'code' in result.error && result.error.code === 'ENOENT') {
    return { exitCode: 127, stdout: '', stderr: `${program}: not found` }
  }
  return { exitCode: result.status ?? 128, stdout: result.stdout ?? '', stderr: result.stderr ?? '' }
}

function spawnOptions(options: RunOptions) {
  return {
    ...(options.cwd === undefined ? {} : { cwd: options.cwd }),
    ...(options.env === undefined ? {} : { env: options.env }),
    ...(options.timeoutSeconds === undefined ? {} : { timeout: options.timeoutSeconds * 1000 }),
  }
}
