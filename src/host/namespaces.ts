import { runCommand } from '../command.ts'
import { CommandError, HostError, wasAskedToEnd } from '../errors.ts'
import { asRoot, type Privileges } from './privileges.ts'

/**
 * A mount and a process namespace of its own: what KIWI mounts and starts in there ends with it. And nothing of it
 * outlives the process that starts it, however that ends.
 */
export const PROTECTION = [
  ...(['setpriv', '--pdeathsig', 'KILL'] as const),
  ...['unshare', '--mount', '--propagation', 'private', '--pid', '--fork', '--kill-child', '--mount-proc', '--'],
] as const

/** Why no build can be kept apart on this machine, if it cannot. */
export async function namespaceLack(privileges: Privileges): Promise<HostError | undefined> {
  const { program, args } = asRoot(privileges, PROTECTION[0], [...PROTECTION.slice(1), 'true'])
  try {
    await runCommand(program, args, { timeoutSeconds: 20 })
    return undefined
  } catch (error) {
    if (!(error instanceof CommandError) || wasAskedToEnd(error)) throw error
    return new HostError(
      'host-namespace',
      `root may not make namespaces here (${error.lastLines.at(-1) ?? error.message}), without which a build can leave mounts`,
      'run on the machine itself, or in a container with --privileged',
    )
  }
}
