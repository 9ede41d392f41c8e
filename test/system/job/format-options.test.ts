import { mkdtempDisposable, readdir } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { checkFormatOptions } from '../../../src/job/disk.ts'
import type { Job } from '../../../src/job/job.ts'
import type { Plan } from '../../../src/plan/plan.ts'

async function checked(formatOptions: readonly string[], diskFormat: string, format: string): Promise<unknown> {
  await using folder = await mkdtempDisposable(join(tmpdir(), 'format-options-'))
  const selected = { file: '/d/config.xml', line: 7, diskFormat, formatOptions }
  const platform = { os: 'linux', architecture: 'amd64' }
  const kinds = { kinds: ['container'], diskTypes: [], diskPath: '/disk/x', compression: { algorithm: 'gzip' } }
  const plan = { source: { kind: 'description', selected }, ...kinds, format, platform } as unknown as Plan
  const job = { workFolder: folder.path, signal: new AbortController().signal } as Job
  const error = await checkFormatOptions(plan, job).then(
    () => undefined,
    (thrown: unknown) => thrown,
  )
  expect(await readdir(folder.path)).toEqual([])
  return error
}

it('an option that the installed qemu-img does not know is refused before KIWI builds, with the line of the type', async () => {
  const error = await checked(['cluster_size=3'], 'qcow2', 'qcow2')
  expect(error).toMatchObject({
    name: 'DescriptionError',
    problems: [
      {
        where: 'config.xml:7',
        line: 7,
        text: expect.stringMatching(/^formatoptions for qcow2: qemu-img says "Cluster size must be/),
      },
    ],
  })
})

it('options that it knows pass, and those of a format that is not made are not asked about', async () => {
  expect(await checked(['cluster_size=131072', 'preallocation=metadata'], 'qcow2', 'qcow2')).toBeUndefined()
  expect(await checked(['cluster_size=3'], 'qcow2', 'vmdk')).toBeUndefined()
})
