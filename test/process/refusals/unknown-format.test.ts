import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('an unknown format of the disk', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--format', 'qcow3'])).toEqual([
    "--format: 'qcow3' is no disk format that we write: write qcow2, raw, vmdk, vdi, vhd, vhdx, vhd-fixed, gce or ova",
  ])
})

it("KIWI's form of it, which holds where the disk goes too", async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--format', 'oci:vmdk'])).toEqual([
    "--format: 'oci:vmdk' is no disk format that we write: write vmdk, and where it goes as export",
  ])
})
