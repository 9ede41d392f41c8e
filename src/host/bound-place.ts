import { lstat, mkdir } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { setTimeout as pause } from 'node:timers/promises'
import { runCommand } from '../command.ts'

/** A folder that a build sees at another place as well; absolute paths. */
export interface Bind {
  readonly from: string
  readonly to: string
}

/** Says that a place was made for builds: only such a place is ever removed. Unseen while something is bound there. */
const MARK = '.made-by-kiwi-oci'
const IN_USE = 3
const TRIES = 10
const PAUSE_MILLISECONDS = 100

/** Makes the place ($2) where it is missing, with the mark ($3), and binds the folder ($1) onto it. */
const ENTER = '{ [ -d "$2" ] || { mkdir -- "$2" && : >"$2/$3"; }; } && mount --bind -- "$1" "$2"'

/**
 * Removes the place ($1; $2 is the same as mountinfo writes it) unless it is bound in the namespace of another build:
 * rmdir(2) would do it there too since Linux 3.18, and take the mount away from that build.
 */
const LEAVE = `[ -f "$1/$3" ] || exit 0
grep -qsF -e " $2 " /proc/[0-9]*/mountinfo && exit ${IN_USE}
rm -f -- "$1/$3" && { rmdir -- "$1" 2>/dev/null || true; }`

/** The folder above ($1) is locked for it, so that no build makes a place that another one is about to remove. */
const ENTER_THEN_RUN = 'flock -- "$1" /bin/sh -c "$2" sh "$3" "$4" "$5" && shift 5 && exec "$@"'

/**
 * A command line that runs another one where `from` is seen at `to`; as root, in a mount namespace of its own. Whatever
 * comes of it, `leavePlace` is to follow.
 */
export async function boundCommand({ from, to }: Bind, command: readonly string[]): Promise<readonly string[]> {
  await mkdir(dirname(to), { recursive: true })
  return ['/bin/sh', '-c', ENTER_THEN_RUN, 'sh', dirname(to), ENTER, from, to, MARK, ...command]
}

/** Removes the place that `boundCommand` made, unless another build uses it: then that one does. May be called again. */
export async function leavePlace(to: string): Promise<void> {
  const place = to.replace(/[ \t\n\\]/g, (character) => `\\${character.charCodeAt(0).toString(8).padStart(3, '0')}`)
  for (let attempt = 1; attempt <= TRIES; attempt += 1) {
    if ((await lstat(join(to, MARK)).catch(() => undefined)) === undefined) return
    const args = ['--', dirname(to), '/bin/sh', '-c', LEAVE, 'sh', to, place, MARK]
    const { exitCode } = await runCommand('flock', args, { accept: [0, IN_USE], apart: true })
    if (exitCode !== IN_USE) return
    // What was killed takes a moment to end, and its mounts with it.
    await pause(PAUSE_MILLISECONDS)
  }
}
