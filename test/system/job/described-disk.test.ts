import { mkdir, readFile } from 'node:fs/promises'
import { describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import type { DiskFormat } from '../../../src/disk/format.ts'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { convertSource } from '../../../src/job/disk.ts'
import type { Job } from '../../../src/job/job.ts'
import { Stopwatch } from '../../../src/job/stopwatch.ts'
import { plannedDisks } from '../../../src/plan/children.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { diskFolder } from '../../support/rawdisk.ts'
import { recorder } from '../../support/registry.ts'

const MEBIBYTE = 1 << 20
const TAG = '12345678-9abc-def0-1234-56789abcdef0'

/** What becomes of KIWI's raw disk by a plan for the format; `described` is what the description has. */
async function converted(format: DiskFormat, described: object, look: (file: string, path: string) => Promise<void>) {
  await using folder = await diskFolder(2 * MEBIBYTE, [])
  const { diskName, ...selected } = { diskName: undefined, formatOptions: [], ...described }
  const source = {
    kind: 'description',
    name: 'appliance',
    kiwiName: 'appliance.x86_64-1.0.0',
    selected,
    ...(diskName ? { diskName } : {}),
  }
  const platform = { os: 'linux', architecture: 'amd64' }
  const compression = { algorithm: 'gzip' }
  const kinds = { kinds: ['container'], diskTypes: [] }
  const plan = { source, ...kinds, format, platform, compression, sourceDateEpoch: 1767323045 } as unknown as Plan
  const work = folder.at('work')
  await mkdir(work)
  const signal = new AbortController().signal
  const job = { workFolder: work, report: recorder(), stopwatch: new Stopwatch(() => 0), signal } as unknown as Job
  const info = await inspectDisk(folder.disk, 'raw')
  const [planned] = plannedDisks(plan)
  if (planned === undefined) return expect.fail('no disk is planned')
  const disk = await convertSource(plan, planned, { ...info, file: folder.disk }, job)
  await look(disk.file.source, planned.children[0]?.path ?? '')
}

describe('the disk of a description', () => {
  it.each([
    ['qcow2', '/disk/appliance.x86_64-1.0.0.qcow2'],
    ['vhd-fixed', '/disk/appliance.x86_64-1.0.0.vhdfixed'],
    ['gce', '/disk/appliance.x86_64-1.0.0.tar.gz'],
  ] as const)('in the format %s is %s', async (format, expected) => {
    await converted(format, {}, async (_, path) => expect(path).toBe(expected))
  })

  it('has the name that bundle_format gives it', async () => {
    await converted('vmdk', { diskName: 'appliance-1.0' }, async (file, path) => {
      expect(path).toBe('/disk/appliance-1.0.vmdk')
      expect((await readFile(file)).toString('latin1', 512, 2048)).toContain('SPARSE "appliance-1.0.vmdk"')
    })
  })

  it('has what the description says of its format', async () => {
    const described = { diskFormat: 'vhd-fixed', vhdFixedTag: TAG }
    await converted('vhd-fixed', described, async (file) => {
      expect((await readFile(file)).toString('hex', 65_536, 65_540)).toBe('78563412')
    })
  })

  it('has nothing of what it says of another', async () => {
    const described = { diskFormat: 'qcow2', vhdFixedTag: TAG, formatOptions: ['cluster_size=131072'] }
    await converted('vhd-fixed', described, async (file) => {
      expect((await readFile(file)).toString('hex', 65_536, 65_540)).toBe('00000000')
    })
  })

  it('is an appliance of the name of the image, or of its displayname', async () => {
    const name = async (file: string) => {
      const { stdout } = await runCommand('tar', ['-xOf', file, 'appliance.x86_64-1.0.0.ovf'])
      return /<Name>(.*)<\/Name>/.exec(stdout.toString())?.[1]
    }
    await converted('ova', { diskFormat: 'ova' }, async (file) => expect(await name(file)).toBe('appliance'))
    const machine = { nics: [], displayName: 'The appliance' }
    const described = { diskFormat: 'ova', machine }
    await converted('ova', described, async (file) => expect(await name(file)).toBe('The appliance'))
  })
})
