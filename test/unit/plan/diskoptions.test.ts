import { mkdtemp, rm, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { readInputs } from '../../../src/inputs/inputs.ts'
import type { InputName } from '../../../src/inputs/raw.ts'
import { conversionOptions } from '../../../src/plan/diskoptions.ts'
import { makePlan } from '../../../src/plan/planning.ts'

const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }

let folder: string
beforeAll(async () => {
  folder = await mkdtemp(join(tmpdir(), 'diskoptions-'))
})
afterAll(() => rm(folder, { recursive: true }))

/** The plan for a type with the attributes, its children behind them. */
async function planned(type: string, children = '', format?: string) {
  const description = `<?xml version="1.0" encoding="utf-8"?>
<image schemaversion="8.0" name="appliance" displayname="The appliance">
  <description type="system"><author>a</author><contact>b</contact><specification>c</specification></description>
  <preferences>
    <version>1.0.0</version>
    <packagemanager>apt</packagemanager>
    <type image="oem" filesystem="ext4" ${type}>${children}</type>
  </preferences>
  <repository><source path="https://example.com/"/></repository>
</image>
`
  await writeFile(join(folder, 'config.xml'), description)
  const given: (readonly [InputName, readonly string[]])[] = [['description', [folder]]]
  if (format !== undefined) given.push(['format', [format]])
  const plan = await makePlan(readInputs(new Map(given), FACTS), FACTS)
  return { plan, options: conversionOptions(plan.source, plan.format, plan.platform) }
}

describe('options of the description', () => {
  it('are those of its own format', async () => {
    const { plan, options } = await planned(
      'format="oci:vhd-fixed" formatoptions="force_size" vhdfixedtag="12345678-9abc-def0-1234-56789abcdef0" firmware="uefi"',
    )
    expect(plan.format).toBe('vhd-fixed')
    expect(options).toEqual({
      qemu: ['force_size'],
      vhdFixedTag: '12345678-9abc-def0-1234-56789abcdef0',
      machine: { nics: [], displayName: 'The appliance' },
      firmware: 'uefi',
    })
  })

  it('have the machine of an appliance, and the firmware that KIWI takes where none is named', async () => {
    const { options } = await planned(
      'format="ova"',
      '<machine memory="512" guestOS="debian12_64Guest" HWversion="15"><vmdisk controller="pvscsi"/></machine>',
    )
    expect(options).toEqual({
      qemu: ['adapter_type=lsilogic'],
      machine: {
        nics: [],
        memoryMegabytes: 512,
        guestOS: 'debian12_64Guest',
        hardwareVersion: '15',
        diskController: 'pvscsi',
        displayName: 'The appliance',
      },
      firmware: 'bios',
    })
  })

  it('do not apply to a format that the input names', async () => {
    const { plan, options } = await planned('format="vmdk" formatoptions="subformat=monolithicFlat"', '', 'qcow2')
    expect([plan.format, options]).toEqual(['qcow2', { qemu: [] }])
  })

  it('do not apply to the format that is ours where the description names none', async () => {
    expect((await planned('formatoptions="backing_file=x"')).options).toEqual({ qemu: [] })
  })
})

describe('in the plan', () => {
  it.each([
    ['format="vhd-fixed" vhdfixedtag="billing"', 'vhdfixedtag="billing" is no GUID'],
    ['format="qcow2" formatoptions="backing_file=/etc/passwd"', 'formatoptions: backing_file names another file'],
    [
      'format="oci:vmdk" formatoptions="subformat=monolithicFlat"',
      'the vmdk of subformat monolithicFlat is several files',
    ],
  ])('%s is refused at its line', async (type, problem) => {
    await expect(planned(type)).rejects.toMatchObject({
      name: 'DescriptionError',
      problems: [{ where: 'config.xml:7', line: 7, text: expect.stringContaining(problem) }],
    })
  })

  it('an appliance for another than VMware is refused, as by KIWI', async () => {
    await expect(planned('format="oci:ova"', '<machine ovftype="xen"/>')).rejects.toMatchObject({
      name: 'DescriptionError',
      problems: [{ line: 7, text: 'ovftype="xen" of <machine> is not known: write vmware' }],
    })
    await planned('format="ova"', '<machine ovftype="vmware"/>')
    await planned('format="vmdk"', '<machine ovftype="xen"/>')
  })

  it('a disk mode of several files is refused as well', async () => {
    const machine = '<machine><vmdisk diskmode="twoGbMaxExtentSparse"/></machine>'
    await expect(planned('format="vmdk"', machine)).rejects.toThrow('several files')
  })
})
