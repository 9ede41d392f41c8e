import { readFile } from 'node:fs/promises'
import { join } from 'node:path'
import type { DescriptionFacts } from './facts.ts'
import { kernelModules } from './kernel-filesystems.ts'

/** A driver that lies between a disk and its filesystems. */
interface Driver {
  readonly name: string
  readonly module: string
  /** Its name in /proc/devices or /proc/misc when it is there; one of device-mapper's own has none. */
  readonly device?: string
  readonly when: (facts: DescriptionFacts) => boolean
}

const DRIVERS: readonly Driver[] = [
  {
    name: 'device-mapper (dm-mod)',
    module: 'dm-mod',
    device: 'device-mapper',
    when: ({ lvm, luks, integrity, architecture }) =>
      Boolean(lvm || luks || integrity) || architecture.startsWith('s390'),
  },
  { name: 'dm-crypt', module: 'dm-crypt', when: ({ luks }) => luks === true },
  { name: 'dm-integrity', module: 'dm-integrity', when: ({ integrity }) => integrity === true },
  { name: 'software RAID (md)', module: 'md-mod', device: 'md', when: ({ mdraid }) => mdraid === true },
]

/**
 * Which drivers the running kernel neither has now nor has a module of. Empty where that cannot be told.
 *
 * @param root where the machine's file tree starts
 */
export async function missingDrivers(facts: DescriptionFacts, root = '/'): Promise<readonly string[]> {
  const wanted = DRIVERS.filter(({ when }) => when(facts))
  const modules = await kernelModules(root)
  if (wanted.length === 0 || modules === undefined) return []
  const texts = ['proc/devices', 'proc/misc'].map((path) => readFile(join(root, path), 'utf8').catch(() => ''))
  const devices = (await Promise.all(texts)).join('\n')
  const isThere = ({ module, device }: Driver) => {
    if (device !== undefined && new RegExp(`^ *\\d+ ${device}$`, 'm').test(devices)) return true
    // A kernel without modules does not tell what of device-mapper it has.
    return modules === '' ? device === undefined : new RegExp(`/${module}\\.ko(\\.\\w+)?(:|$)`, 'm').test(modules)
  }
  return wanted.filter((driver) => !isThere(driver)).map(({ name }) => name)
}
