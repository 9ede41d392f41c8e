import { readFileSync } from 'node:fs'

const LOOKS = 4
const IDLE_BYTES = 4096

/**
 * Looks at a program until it reads and writes less than 4 KiB, of files, pipes and sockets together, in so many seconds.
 *
 * @returns to be called when it has ended
 */
export function watchIdle(pid: number | undefined, seconds: number | undefined, onIdle: () => void): () => void {
  if (pid === undefined || seconds === undefined) return () => {}
  const seen = [0]
  const timer = setInterval(
    () => {
      const moved = movedBytes(pid)
      if (moved === undefined) return
      seen.push(moved)
      if (seen.length <= LOOKS) return
      if (moved - (seen.shift() ?? 0) >= IDLE_BYTES) return
      clearInterval(timer)
      onIdle()
    },
    (seconds * 1000) / LOOKS,
  )
  return () => clearInterval(timer)
}

/** What a process has read and written so far; proc_pid_io(5). Undefined where we may not know it, or it has ended. */
function movedBytes(pid: number): number | undefined {
  try {
    const text = readFileSync(`/proc/${pid}/io`, 'utf8')
    return Number(/^rchar: (\d+)$/m.exec(text)?.[1]) + Number(/^wchar: (\d+)$/m.exec(text)?.[1])
  } catch {
    return undefined
  }
}
