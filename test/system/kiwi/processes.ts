import { readdir, readFile, realpath } from 'node:fs/promises'

/** Processes that work in the folder or name it in their command line, this one and who started it aside. */
export async function processesOf(folder: string): Promise<readonly string[]> {
  const numbers = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const found = await Promise.all(
    numbers.map(async (pid) => {
      const cwd = await realpath(`/proc/${pid}/cwd`).catch(() => '')
      const command = await readFile(`/proc/${pid}/cmdline`, 'utf8').catch(() => '')
      const ours =
        cwd.startsWith(folder) ||
        (command.includes(folder) && Number(pid) !== process.pid && Number(pid) !== process.ppid)
      return ours ? [`process ${pid}: ${command.replaceAll('\0', ' ')}`] : []
    }),
  )
  return found.flat()
}
