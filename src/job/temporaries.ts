import { readdir, rm } from 'node:fs/promises'
import { join } from 'node:path'

/** What a process has in folders of others under temporary names (`oci/store/temporary.ts`), to be told in time. */
export interface Temporaries {
  readonly inside: readonly string[]
  readonly prefix: string
}

/** Nothing else than such names is ever removed, whoever wrote down a prefix. */
const PREFIX = /^\.[0-9a-f]{8}(?:-[0-9a-f]{4}){3}-[0-9a-f]{12}\.$/

/** Those that `JSON.stringify` wrote, other fields beside them; none where there are none. */
export function parseTemporaries(text: string): Temporaries {
  const none = { inside: [], prefix: '' }
  try {
    const { inside, prefix } = JSON.parse(text) as Partial<Record<keyof Temporaries, unknown>>
    const isTexts = Array.isArray(inside) && inside.every((folder) => typeof folder === 'string')
    return isTexts && typeof prefix === 'string' && PREFIX.test(prefix) ? { inside, prefix } : none
  } catch {
    return none
  }
}

/** Removes what a process that was killed left in folders of others, which stay. Throws nothing. */
export async function removeTemporaries({ inside, prefix }: Temporaries): Promise<void> {
  for (const folder of inside) {
    const names = await readdir(folder).catch(() => [])
    for (const name of names.filter((each) => each.startsWith(prefix) && each.endsWith('.tmp'))) {
      await rm(join(folder, name), { recursive: true, force: true }).catch(() => {})
    }
  }
}
