import { readFile } from 'node:fs/promises'

/**
 * The mount points of a mountinfo text, in its order. proc_pid_mountinfo(5): field 5, with space, tab, newline and
 * backslash as octal escapes.
 */
export function mountPoints(mountinfo: string): readonly string[] {
  return mountinfo
    .split('\n')
    .map((line) => line.split(' ')[4])
    .filter((point) => point !== undefined)
    .map((point) =>
      point.replace(/\\([0-7]{3})/g, (_, digits: string) => String.fromCharCode(Number.parseInt(digits, 8))),
    )
}

/** Those at or below a folder, in the order in which they can be unmounted: the deepest and the latest first. */
export function mountsBelow(points: readonly string[], folder: string): readonly string[] {
  return points
    .filter((point) => isBelow(point, folder))
    .toReversed()
    .toSorted((left, right) => right.split('/').length - left.split('/').length)
}

/** What is mounted on this machine, as this process sees it. */
export async function readMountPoints(): Promise<readonly string[]> {
  // Names of folders need not be UTF-8, but those that KIWI makes are.
  return mountPoints(await readFile('/proc/self/mountinfo', 'utf8'))
}

/** Whether a path is a folder itself or anything in it. */
export function isBelow(path: string, folder: string): boolean {
  return path === folder || path.startsWith(`${folder}/`)
}
