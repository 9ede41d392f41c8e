import { mkdir, readdir, readFile } from 'node:fs/promises'
import { join } from 'node:path'
import fc from 'fast-check'
import { expect, it } from 'vitest'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { InputError } from '../../../src/errors.ts'
import { readInputs } from '../../../src/inputs/inputs.ts'
import { type InputName, rawEntries } from '../../../src/inputs/raw.ts'
import { writeChildren } from '../../../src/job/children.ts'
import type { Job } from '../../../src/job/job.ts'
import { Stopwatch } from '../../../src/job/stopwatch.ts'
import { DISK_TYPES, KINDS, machineArchitecture } from '../../../src/oci/kind.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { makePlan } from '../../../src/plan/planning.ts'
import { importedByPod } from '../../support/consumers/cdi.ts'
import { chosenManifest, pulledImage } from '../../support/consumers/cimage.ts'
import { digestOf, documentOf, type Held } from '../../support/consumers/held.ts'
import { machineDisk } from '../../support/consumers/machine.ts'
import { type DiskFolder, diskFolder, noise } from '../../support/rawdisk.ts'
import { recorder } from '../../support/registry.ts'

const MEBIBYTE = 1 << 20
const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

const inputs = fc.record({
  kind: fc.shuffledSubarray([...KINDS], { minLength: 1, maxLength: 3 }).map((kinds) => kinds.join()),
  disktype: fc.shuffledSubarray([...DISK_TYPES]).map((types) => types.join('\n')),
  format: fc.constantFrom('', 'qcow2', 'raw', 'vhdx'),
  platform: fc.constantFrom('linux/amd64', 'linux/arm64', 'linux/arm64/v8', 'linux/s390x'),
  compression: fc.constantFrom('gzip', 'zstd', 'none'),
})

/** @returns undefined where the inputs are refused */
async function planOf(texts: Partial<Record<InputName, string>>): Promise<Plan | undefined> {
  const entries = Object.entries(texts) as [InputName, string][]
  const raw = new Map(entries.map(([name, text]) => [name, rawEntries(name, text)] as const))
  try {
    return await makePlan(readInputs(raw, FACTS), FACTS)
  } catch (error) {
    if (error instanceof InputError) return undefined
    throw error
  }
}

async function heldBy(plan: Plan, folder: DiskFolder): Promise<Held> {
  const workFolder = folder.at('work')
  await mkdir(workFolder)
  const { signal } = new AbortController()
  const job = { workFolder, report: recorder(), signal, stopwatch: new Stopwatch(() => 0) } as unknown as Job
  const raw = { ...(await inspectDisk(folder.disk, 'raw')), file: folder.disk }
  const { layout, descriptor } = await writeChildren(plan, { raw, base: undefined }, job)
  const blobs = join(layout, 'blobs/sha256')
  const files = await Promise.all((await readdir(blobs)).map((name) => readFile(join(blobs, name))))
  return { top: descriptor, blobs: new Map(files.map((bytes) => [digestOf(bytes), bytes])) }
}

/** What every consumer of the plan's kinds makes of what was written. */
function verdicts({ kinds, diskTypes, platform }: Plan, held: Held): readonly object[] {
  const { architecture } = platform
  const machine = machineArchitecture(platform)
  const image = kinds.includes('container') || kinds.includes('kubevirt')
  return [
    ...(image ? [pulledImage(held, architecture)] : []),
    ...(kinds.includes('kubevirt') ? [importedByPod(held, architecture)] : []),
    ...diskTypes.map((diskType) => (machine ? machineDisk(held, { architecture: machine, diskType }) : {})),
  ]
}

it('whatever kinds a plan has, each of their consumers finds its own in the one result', async () => {
  await fc.assert(
    fc.asyncProperty(inputs, async (texts) => {
      await using folder = await diskFolder(2 * MEBIBYTE, [{ at: 65_536, bytes: noise(100_000, 1) }])
      const plan = await planOf({ ...texts, disk: folder.disk })
      fc.pre(plan !== undefined)
      const held = await heldBy(plan, folder)
      for (const verdict of verdicts(plan, held)) expect(verdict).toHaveProperty('takes')
      if (plan.kinds.includes('artifact')) {
        const chosen = chosenManifest(held, plan.platform.architecture)
        if ('says' in chosen) return expect.fail(chosen.says)
        expect(documentOf(held, chosen.takes).artifactType).toBe('application/vnd.kiwi-oci.disk.v1')
      }
      const isIndex = documentOf(held, held.top.digest).manifests !== undefined
      expect(isIndex).toBe(plan.kinds.includes('podman-machine'))
    }),
    { numRuns: 20, maxSkipsPerRun: 50 },
  )
})
