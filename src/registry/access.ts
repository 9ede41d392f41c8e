import { isRunnerVariable } from '../command.ts'
import type { Report } from '../report.ts'

/** Ends early with an error when the signal aborts. */
export type Sleep = (milliseconds: number, signal: AbortSignal | undefined) => Promise<unknown>

/** How skopeo is called in one job. */
export interface Access {
  /** The file of logins; skopeo's own search where left out. */
  readonly authfile?: string
  /** The files that skopeo's own search looks at, in its order: read only to tell which registries have a login. */
  readonly loginFiles?: readonly string[]
  /** With `true` what registries.conf(5) says of a registry still counts. */
  readonly tlsVerify: boolean
  /** A folder with room for large files: skopeo's own default is /var/tmp. */
  readonly tmpFolder: string
  /** The whole environment of skopeo and of the credential helpers it starts: see `skopeoEnvironment`. */
  readonly environment: Readonly<Record<string, string>>
  readonly report: Report
  readonly signal?: AbortSignal
  /** Waits between tries; left out, real time. */
  readonly sleep?: Sleep
  /** From 0 up to 1, spreads the waits; left out, another each time. */
  readonly random?: () => number
  readonly limits?: Limits
  /** What is taken out of what skopeo prints: a registry may repeat what it got. */
  readonly secrets?: readonly string[]
}

/** When skopeo, which waits for ever, is ended and called again. */
export interface Limits {
  /** For a whole question. */
  readonly answerSeconds: number
  /** For a copy to read or write next to nothing. */
  readonly idleSeconds: number
}

/**
 * Our environment without what skopeo has no use for and without every variable that holds one of `secrets`. Everything
 * else stays: credential helpers have needs that we do not know.
 */
export function skopeoEnvironment(
  environment: Readonly<Record<string, string | undefined>>,
  secrets: readonly string[] = [],
): Readonly<Record<string, string>> {
  const kept = Object.entries(environment).filter((entry): entry is [string, string] => {
    const [name, value] = entry
    if (value === undefined || isRunnerVariable(name)) return false
    return !secrets.some((secret) => secret !== '' && value.includes(secret))
  })
  return Object.fromEntries(kept)
}

/** Flags for all commands, before the command's name. */
export function globalFlags(access: Access): readonly string[] {
  return ['--tmpdir', access.tmpFolder]
}

/** Flags of a command that talks to one place. */
export function inspectFlags(access: Access): readonly string[] {
  return [...authFlags(access), ...(access.tlsVerify ? [] : ['--tls-verify=false'])]
}

export function copyFlags(access: Access): readonly string[] {
  return [...authFlags(access), ...(access.tlsVerify ? [] : ['--src-tls-verify=false', '--dest-tls-verify=false'])]
}

function authFlags(access: Access): readonly string[] {
  return access.authfile === undefined ? [] : ['--authfile', access.authfile]
}
