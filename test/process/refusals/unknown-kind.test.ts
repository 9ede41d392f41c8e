import { expect, it } from 'vitest'
import { DISK, place, refusals } from '../support/cli.ts'

it('an unknown kind', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  expect(await refusals(here, ['--disk', 'a.raw', '--kind', 'kubvirt'])).toEqual([
    "--kind: 'kubvirt' is no kind: did you mean kubevirt? write container, kubevirt, podman-machine, artifact or podman-machine-4",
  ])
})

it('kinds that cannot be together, with a format that one of them cannot carry', async () => {
  await using here = await place()
  await here.write('a.raw', DISK)
  const args = ['--disk', 'a.raw', '--kind', 'artifact,kubevirt', '--format', 'vmdk', '--disktype', 'wsl']
  expect(await refusals(here, args)).toEqual([
    "--disktype: 'wsl' is no disk of podman machine: write qemu, applehv or hyperv",
    expect.stringMatching(/^--kind: artifact beside kubevirt: .*: give it a tag of its own/),
    '--format: kubevirt takes a disk in qcow2 or raw, and vmdk is neither: write one of the two',
  ])
})
