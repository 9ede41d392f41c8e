import { SaxesParser } from 'saxes'
import { describe, expect, it } from 'vitest'
import { type Appliance, ovfText } from '../../../src/disk/formats/ovf.ts'
import type { Machine } from '../../../src/disk/machine.ts'

const RASD = 'http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData'
const VMDK = { fileName: 'a.vmdk', fileBytes: 700, capacityBytes: 1_048_576, populatedBytes: 65_536 }

/** Items by their ResourceType, of each the fields; and the attributes and text of everything else. */
function read(appliance: Partial<Appliance>) {
  const items: Record<string, string>[] = []
  const texts: Record<string, string> = {}
  const attributes: Record<string, string>[] = []
  const parser = new SaxesParser({ xmlns: true })
  parser.on('error', (error) => {
    throw error
  })
  parser.on('opentag', (tag) => {
    if (tag.local === 'Item') items.push({})
    const named = Object.entries(tag.attributes).map(([name, { value }]) => [name, value] as const)
    attributes.push({ element: tag.local, ...Object.fromEntries(named) })
  })
  let text = ''
  parser.on('text', (value) => {
    text = value
  })
  parser.on('closetag', (tag) => {
    if (tag.uri === RASD) Object.assign(items.at(-1) ?? {}, { [tag.local]: text })
    else texts[tag.local] = text
  })
  parser.write(ovfText({ name: 'Debian', vmdk: VMDK, ...appliance })).close()
  const ofType = (type: number) => items.filter((item) => item['ResourceType'] === `${type}`)
  return { items, texts, ofType, element: (name: string) => attributes.filter((found) => found['element'] === name) }
}

const machine = (changes: Partial<Machine>): Partial<Appliance> => ({ machine: { nics: [], ...changes } })

describe('the descriptor of an appliance', () => {
  it('that nothing is said about is a Linux of 2 processors, 4 GB, SATA and one network', () => {
    const { texts, items, element } = read({})
    expect(texts['VirtualSystemType']).toBe('vmx-13')
    expect(element('OperatingSystemSection')[0]).toMatchObject({ 'vmw:osType': 'otherLinux64Guest', 'ovf:id': '101' })
    expect(items.map((item) => [item['ResourceType'], item['ElementName']])).toEqual([
      ['3', '2 virtual CPUs'],
      ['4', '4096 MB of memory'],
      ['20', 'SATA Controller 0'],
      ['17', 'Hard disk 1'],
      ['10', 'Ethernet 0'],
    ])
    expect(element('Network')).toMatchObject([{ 'ovf:name': 'VM Network' }])
    expect(element('Config')).toEqual([])
  })

  it('has what <machine> says', () => {
    const { texts, ofType, element } = read(
      machine({ memoryMegabytes: 512, cpus: 3, guestOS: 'sles15_64Guest', hardwareVersion: '9' }),
    )
    expect(texts['VirtualSystemType']).toBe('vmx-09')
    expect(element('OperatingSystemSection')[0]).toMatchObject({ 'vmw:osType': 'sles15_64Guest' })
    expect(ofType(3)[0]).toMatchObject({ VirtualQuantity: '3' })
    expect(ofType(4)[0]).toMatchObject({ VirtualQuantity: '512', AllocationUnits: 'byte * 2^20' })
    // SATA came with version 10.
    expect(ofType(6)[0]).toMatchObject({ ResourceSubType: 'lsilogic' })
  })

  it('hangs the disk at its controller, and numbers its items without a gap', () => {
    const { items, ofType } = read(machine({ dvd: { controller: 'scsi' } }))
    expect(items.map((item) => Number(item['InstanceID']))).toEqual([1, 2, 3, 4, 5, 6, 7])
    const [sata] = ofType(20)
    const [scsi] = ofType(6)
    expect(ofType(17)[0]).toMatchObject({ Parent: sata?.['InstanceID'], HostResource: 'ovf:/disk/vmdisk1' })
    expect(ofType(15)[0]).toMatchObject({ Parent: scsi?.['InstanceID'], AddressOnParent: '0' })
  })

  it('puts disk and DVD drive at one controller where both are of its kind', () => {
    const { ofType } = read(machine({ diskController: 'ide', dvd: { controller: 'ide' } }))
    expect(ofType(5)).toHaveLength(1)
    expect(ofType(17)[0]).toMatchObject({ Parent: '3', AddressOnParent: '0' })
    expect(ofType(15)[0]).toMatchObject({ Parent: '3', AddressOnParent: '1' })
  })

  it.each([
    ['ide', '5', undefined],
    ['buslogic', '6', 'buslogic'],
    ['lsilogic', '6', 'lsilogic'],
    ['legacyESX', '6', 'lsilogic'],
    ['lsisas1068', '6', 'lsilogicsas'],
    ['pvscsi', '6', 'VirtualSCSI'],
    ['sata', '20', 'vmware.sata.ahci'],
    ['nvme', '20', 'vmware.nvme.controller'],
  ])("has for KIWI's controller %s the resource type %s and subtype %s", (diskController, type, subtype) => {
    const [controller] = read(machine({ diskController })).items.slice(2)
    expect([controller?.['ResourceType'], controller?.['ResourceSubType']]).toEqual([type, subtype])
  })

  it('has a card for each <vmnic>, and a network for each kind of them', () => {
    const nics = [
      { interface: '0', driver: 'e1000', mac: '00:0c:29:ab:cd:ef', mode: 'bridged' },
      { interface: '1', mac: 'generated' },
      { interface: '2', driver: 'Fancy', mode: 'bridged' },
    ]
    const { ofType, element } = read(machine({ nics }))
    expect(element('Network').map((network) => network['ovf:name'])).toEqual(['bridged', 'VM Network'])
    expect(ofType(10)).toMatchObject([
      { ElementName: 'Ethernet 0', ResourceSubType: 'E1000', Address: '00:0c:29:ab:cd:ef', Connection: 'bridged' },
      { ElementName: 'Ethernet 1', ResourceSubType: 'VmxNet3', Connection: 'VM Network' },
      { ElementName: 'Ethernet 2', ResourceSubType: 'Fancy', Connection: 'bridged' },
    ])
    expect(ofType(10)[1]).not.toHaveProperty('Address')
  })

  it.each([
    ['bios', 'bios', 'false'],
    ['efi', 'efi', 'false'],
    ['uefi', 'efi', 'true'],
  ])('has of the firmware %s the word %s, and secure boot: %s', (firmware, word, secure) => {
    expect(read({ firmware }).element('Config')).toMatchObject([
      { 'vmw:key': 'firmware', 'vmw:value': word },
      { 'vmw:key': 'bootOptions.efiSecureBootEnabled', 'vmw:value': secure },
    ])
  })

  it('holds names as they are, whatever is in them', () => {
    const name = `Fish & "Chips" <'1'>`
    const nics = [{ mode: name, driver: '&' }]
    const { texts, element, ofType } = read({ name, ...machine({ nics, guestOS: name }) })
    expect(texts['Name']).toBe(name)
    expect(element('Network')[0]).toMatchObject({ 'ovf:name': name })
    expect(element('OperatingSystemSection')[0]).toMatchObject({ 'vmw:osType': name })
    expect(ofType(10)[0]).toMatchObject({ Connection: name, ResourceSubType: '&' })
  })

  it('is XML where a name has a character that XML cannot have', () => {
    expect(read({ name: 'bell\u0007, not a character\uffff and half\ud800' }).texts['Name']).toContain('bell ')
  })
})
