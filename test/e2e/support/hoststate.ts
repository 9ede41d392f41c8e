import { readdir, readFile } from 'node:fs/promises'

/** What a build could leave on a machine beside files of its own: mounts, loop devices with a file, their nodes. */
export async function hostState() {
  const mounts = (await readFile('/proc/self/mountinfo', 'utf8')).split('\n').map((line) => line.split(' ')[4] ?? '')
  const loops = []
  for (const name of (await readdir('/sys/block')).filter((each) => each.startsWith('loop'))) {
    const file = await readFile(`/sys/block/${name}/loop/backing_file`, 'utf8').catch(() => undefined)
    if (file !== undefined) loops.push(`${name} ${file.trim()}`)
  }
  const nodes = (await readdir('/dev')).filter((name) => /^loop\d+p\d+$/.test(name))
  const keyrings = (await readdir('/etc/apt/keyrings').catch(() => [])).filter((name) => name.startsWith('kiwi-'))
  return { mounts: mounts.sort(), loops: loops.sort(), nodes: nodes.sort(), keyrings }
}

/** Command lines of processes that name a folder. */
export async function processesOf(folder: string): Promise<readonly string[]> {
  const ids = (await readdir('/proc')).filter((name) => /^\d+$/.test(name))
  const lines = await Promise.all(ids.map((id) => readFile(`/proc/${id}/cmdline`, 'utf8').catch(() => '')))
  return lines.filter((line) => line.includes(folder))
}
