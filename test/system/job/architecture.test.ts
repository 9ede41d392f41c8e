import { describe, expect, it } from 'vitest'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { InputError } from '../../../src/errors.ts'
import { checkArchitecture } from '../../../src/job/architecture.ts'
import type { Job } from '../../../src/job/job.ts'
import { parsePlatform } from '../../../src/oci/platform.ts'
import type { Plan } from '../../../src/plan/plan.ts'
import { AA64, machineDisk } from '../../support/machinedisk.ts'
import { recorder } from '../../support/registry.ts'

/** Checks a disk for arm64, or one that says nothing, against a platform. @returns what is logged */
async function checked(platform: string, kind: 'disk' | 'description', partitionType = 'U') {
  await using disk = await machineDisk({
    partitions: [{ type: partitionType, fat: 12, files: { 'EFI/BOOT/BOOTAA64.EFI': AA64 } }],
  })
  const report = recorder()
  const source = kind === 'disk' ? { kind, path: '/images/given.raw' } : { kind }
  const plan = { source, platform: parsePlatform(platform) } as unknown as Plan
  const job = { workFolder: disk.folder, report, signal: new AbortController().signal } as unknown as Job
  await checkArchitecture(plan, { ...(await inspectDisk(disk.file)), file: disk.file }, job)
  return report.lines
}

describe('the architecture of a disk', () => {
  it('that is the platform is told with what says it', async () => {
    expect((await checked('linux/arm64/v8', 'disk')).join('\n')).toContain(
      'Architecture: the disk is for arm64 (partition 1 has EFI/BOOT/BOOTAA64.EFI)',
    )
  })

  it('that is not told by the disk is whatever the platform says', async () => {
    expect(await checked('linux/s390x', 'disk', 'L')).toEqual([])
  })

  it('that is another than the platform is refused for a given disk', async () => {
    const error = await checked('linux/amd64', 'disk').catch((thrown: unknown) => thrown)
    expect(error).toBeInstanceOf(InputError)
    expect((error as InputError).message).toBe(
      'input platform: the image is for linux/amd64, but /images/given.raw is for arm64 (partition 1 has EFI/BOOT/BOOTAA64.EFI): set platform to linux/arm64, or give a disk for linux/amd64',
    )
  })

  it('that is another than the platform is refused for one that KIWI built', async () => {
    await expect(checked('linux/amd64', 'description')).rejects.toThrow(
      'input platform: the image is for linux/amd64, but the disk that KIWI built is for arm64 (partition 1 has EFI/BOOT/BOOTAA64.EFI): set platform to linux/arm64, or change what the description builds',
    )
  })
})
