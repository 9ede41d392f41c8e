import { realpath } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { it } from 'vitest'
import { kiwiEnvironment } from '../../src/kiwi/environment.ts'
import { writePartx } from '../../src/kiwi/partx.ts'
import { kiwiProgram } from '../support/kiwi.ts'
import { jobIn, leftovers, makeWork, removeWork, startSupervisor } from '../system/kiwi/supervised.ts'
import { isWide, Tried } from './support/tried.ts'

const BUILDER = join(import.meta.dirname, 'support/kiwidisk.py')
/** What KIWI runs into without its own partx being another. */
const TRAPS = {
  none: 'nothing in the way',
  stale: 'a partition of a killed build',
  known: 'a partition that parted told of',
}

/** Makes a disk with KIWI's own classes, under the supervisor. @returns its exit code and last line */
async function made(table: string, trap: string, ours: boolean) {
  const work = await makeWork('')
  try {
    const kiwi = await realpath(kiwiProgram())
    const program = join(dirname(kiwi), 'python3')
    const { PATH = '', ...env } = kiwiEnvironment({ kiwi, workFolder: work, offered: {} })
    if (ours) await writePartx(work)
    const args = ['-I', BUILDER, table, trap, join(work, 'disk.raw')]
    const { ended, lines } = startSupervisor(jobIn(work, { program, args, env: { ...env, PATH } }))
    const code = await ended
    return { code, said: lines.join('\n'), left: await leftovers(work) }
  } finally {
    await removeWork(work)
  }
}

it.each(isWide ? ['msdos', 'gpt'] : ['msdos'])(
  'a disk with a table of %s is made whatever the kernel knows of another',
  async (table) => {
    const tried = new Tried('preflight-traps', `disks of KIWI with a table of ${table}`)
    for (const [trap, what] of Object.entries(TRAPS)) {
      const { code, said, left } = await made(table, trap, true)
      const isMade = code === 0 && /^\/dev\/loop\d+p1 True partscan 0$/m.test(said)
      tried.add(what, [...(isMade ? [] : [`ended with ${code}: ${said}`]), ...left])
      if (trap === 'none') continue
      const control = await made(table, trap, false)
      const isTrap = /error adding partition 1/.test(control.said)
      tried.add(`${what}, which the machine's own partx refuses`, [...(isTrap ? [] : ['it does not']), ...control.left])
    }
    await tried.finish(5)
  },
)
