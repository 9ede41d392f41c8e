import { type DiskArchitecture, diskArchitecture } from '../../../src/disk/architecture.ts'
import { inspectDisk } from '../../../src/disk/inspect.ts'
import { type DiskSpec, type MachineDisk, machineDisk } from '../../support/machinedisk.ts'

/** What a disk of these partitions says, after a change. */
export async function said(
  spec: DiskSpec,
  change: (disk: MachineDisk) => Promise<void> = async () => {},
): Promise<DiskArchitecture | undefined> {
  await using disk = await machineDisk(spec)
  await change(disk)
  return await diskArchitecture({ ...(await inspectDisk(disk.file)), file: disk.file }, disk.folder)
}
