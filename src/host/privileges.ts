import { runCommand } from '../command.ts'
import { CommandError, HostError, wasAskedToEnd } from '../errors.ts'

/** How this process becomes root. */
export type Privileges = { readonly kind: 'root' } | { readonly kind: 'sudo' } | { readonly kind: 'none' }

/** Finds out by the user id, then by whether sudo works without a password. */
export async function findPrivileges(uid = process.getuid?.()): Promise<Privileges> {
  if (uid === 0) return { kind: 'root' }
  try {
    await runCommand('sudo', ['-n', 'true'], { timeoutSeconds: 20 })
    return { kind: 'sudo' }
  } catch (error) {
    if (error instanceof CommandError && !wasAskedToEnd(error)) return { kind: 'none' }
    throw error
  }
}

/**
 * The command line that runs a program as root.
 *
 * @throws HostError where there is no way to become root
 */
export function asRoot(
  privileges: Privileges,
  program: string,
  args: readonly string[],
): { readonly program: string; readonly args: readonly string[] } {
  switch (privileges.kind) {
    case 'root':
      return { program, args }
    case 'sudo':
      return { program: 'sudo', args: ['-n', '--', program, ...args] }
    case 'none':
      throw new HostError('host-root', 'building needs root', 'run as root or with password-less sudo')
  }
}
