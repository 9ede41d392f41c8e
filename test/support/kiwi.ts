import { mkdtemp, realpath, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { delimiter, dirname, join } from 'node:path'
import { runCommand } from '../../src/command.ts'
import { tool } from './tools.ts'

/** The real KIWI: `KIWI_NG`, else the one that `npm run pretest` installs. */
export function kiwiProgram(): string {
  return process.env['KIWI_NG'] ?? tool('kiwi-ng')
}

/** What KIWI's own code knows of a description (test/support/kiwi-info.py). */
export interface KiwiState {
  readonly type: string
  readonly profiles: readonly string[]
  readonly version: string
  readonly packageManager: string
  /** kiwi/xml_state.py `get_container_config` */
  readonly container: Readonly<Record<string, unknown>>
  /** For qemu-img: `-o`, an option, and so on. */
  readonly options: readonly string[]
  /** By `bundle_format`; null without one, and where KIWI fails with it. */
  readonly bundle: string | null
}

export interface KiwiAnswer {
  readonly code: number
  readonly output: string
  /** Null where KIWI refuses the description. */
  readonly state: KiwiState | null
}

/**
 * What `kiwi-ng` says when it is called with each of these lists of arguments, in their order; two at a time.
 *
 * @param questions arguments of `image info` and the like, which change nothing
 */
export async function askKiwi(questions: readonly (readonly string[])[]): Promise<readonly KiwiAnswer[]> {
  const half = Math.ceil(questions.length / 2)
  const answers = await Promise.all([askInTurn(questions.slice(0, half)), askInTurn(questions.slice(half))])
  return answers.flat()
}

async function askInTurn(questions: readonly (readonly string[])[]): Promise<readonly KiwiAnswer[]> {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-info-'))
  try {
    const file = join(folder, 'questions.json')
    await writeFile(file, JSON.stringify(questions))
    const python = join(dirname(await realpath(kiwiProgram())), 'python3')
    const { stdout } = await runCommand(python, [join(import.meta.dirname, 'kiwi-info.py'), file], {
      env: { PATH: process.env['PATH'] ?? ['/usr/bin', '/bin'].join(delimiter), HOME: folder },
    })
    return JSON.parse(stdout.toString()) as readonly KiwiAnswer[]
  } finally {
    await rm(folder, { recursive: true })
  }
}
