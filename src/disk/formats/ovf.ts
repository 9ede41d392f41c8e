import {
  type Controller,
  diskController,
  dvdController,
  hardwareVersion,
  type Machine,
  networkCardType,
} from '../machine.ts'

/** What an OVF descriptor tells of a virtual machine and its one disk. */
export interface Appliance {
  readonly name: string
  readonly vmdk: {
    readonly fileName: string
    readonly fileBytes: number
    readonly capacityBytes: number
    readonly populatedBytes: number
  }
  readonly machine?: Machine
  /** KIWI's word: `bios`, `efi` or `uefi`. */
  readonly firmware?: string
}

const CPUS = 2
/** What KIWI means to give where `<machine>` says nothing (kiwi/storage/subformat/ova.py `template_record`). */
const MEMORY_MEGABYTES = 4096
/** KIWI's `suse-64` is the word of a vmx file, and not all is SUSE. */
const GUEST_OS = 'otherLinux64Guest'
/** CIM_OperatingSystem.OSType: LINUX 64-Bit. */
const CIM_LINUX_64 = 101
const NETWORK = 'VM Network'

/** CIM_ResourceAllocationSettingData.ResourceType */
const CPU = 3
const MEMORY = 4
const ETHERNET = 10
const CD_DRIVE = 15
const HARD_DISK = 17

/**
 * The OVF descriptor of an appliance: DMTF DSP0243 1.x, of the namespace `envelope/1`, with VMware's words where the
 * standard leaves them open.
 */
export function ovfText({ name, vmdk, machine, firmware }: Appliance): string {
  const networks = [...new Set((machine?.nics ?? []).map((nic) => nic.mode ?? NETWORK))]
  const disk = `ovf:capacity="${vmdk.capacityBytes}" ovf:capacityAllocationUnits="byte" ovf:diskId="vmdisk1" ovf:fileRef="file1" ovf:format="http://www.vmware.com/interfaces/specifications/vmdk.html#streamOptimized" ovf:populatedSize="${vmdk.populatedBytes}"`
  return `<?xml version="1.0" encoding="UTF-8"?>
<Envelope xmlns="http://schemas.dmtf.org/ovf/envelope/1" xmlns:ovf="http://schemas.dmtf.org/ovf/envelope/1" xmlns:rasd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_ResourceAllocationSettingData" xmlns:vssd="http://schemas.dmtf.org/wbem/wscim/1/cim-schema/2/CIM_VirtualSystemSettingData" xmlns:vmw="http://www.vmware.com/schema/ovf">
  <References>
    <File ovf:href="${escaped(vmdk.fileName)}" ovf:id="file1" ovf:size="${vmdk.fileBytes}"/>
  </References>
  <DiskSection>
    <Info>The disk</Info>
    <Disk ${disk}/>
  </DiskSection>
  <NetworkSection>
    <Info>The networks</Info>
${(networks.length === 0 ? [NETWORK] : networks).map(networkText).join('\n')}
  </NetworkSection>
  <VirtualSystem ovf:id="${escaped(name)}">
    <Info>A virtual machine</Info>
    <Name>${escaped(name)}</Name>
    <OperatingSystemSection ovf:id="${CIM_LINUX_64}" vmw:osType="${escaped(machine?.guestOS ?? GUEST_OS)}">
      <Info>The operating system</Info>
    </OperatingSystemSection>
    <VirtualHardwareSection>
      <Info>The hardware</Info>
      <System>
        <vssd:ElementName>Virtual Hardware Family</vssd:ElementName>
        <vssd:InstanceID>0</vssd:InstanceID>
        <vssd:VirtualSystemIdentifier>${escaped(name)}</vssd:VirtualSystemIdentifier>
        <vssd:VirtualSystemType>vmx-${hardwareVersion(machine).padStart(2, '0')}</vssd:VirtualSystemType>
      </System>
${hardware(machine).map(itemText).join('\n')}${firmwareText(firmware)}
    </VirtualHardwareSection>
  </VirtualSystem>
</Envelope>
`
}

/** The fields of an item by their names in `rasd`. */
type Item = Readonly<Record<string, string | number>>

function hardware(machine: Machine | undefined): readonly Item[] {
  const disk = diskController(machine)
  const dvd = dvdController(machine)
  // One of a kind carries both.
  const isShared = dvd?.resourceType === disk.resourceType
  const controllers = dvd === undefined || isShared ? [disk] : [disk, dvd]
  const cpus = machine?.cpus ?? CPUS
  const megabytes = machine?.memoryMegabytes ?? MEMORY_MEGABYTES
  const nics = machine === undefined || machine.nics.length === 0 ? [{}] : machine.nics
  const items: readonly Item[] = [
    { ResourceType: CPU, ElementName: `${cpus} virtual CPUs`, AllocationUnits: 'hertz * 10^6', VirtualQuantity: cpus },
    {
      ResourceType: MEMORY,
      ElementName: `${megabytes} MB of memory`,
      AllocationUnits: 'byte * 2^20',
      VirtualQuantity: megabytes,
    },
    ...controllers.map(controllerItem),
    {
      ResourceType: HARD_DISK,
      ElementName: 'Hard disk 1',
      HostResource: 'ovf:/disk/vmdisk1',
      Parent: FIRST_CONTROLLER,
      AddressOnParent: 0,
    },
    ...(dvd === undefined ? [] : [driveItem(isShared)]),
    ...nics.map(cardItem),
  ]
  return items.map((item, index) => ({ ...item, InstanceID: index + 1 }))
}

/** Behind processors and memory. */
const FIRST_CONTROLLER = 3

function controllerItem({ resourceType, subtype, title }: Controller, index: number): Item {
  return {
    ResourceType: resourceType,
    ElementName: `${title} ${index}`,
    ...(subtype === undefined ? {} : { ResourceSubType: subtype }),
    Address: 0,
  }
}

function driveItem(isShared: boolean): Item {
  return {
    ResourceType: CD_DRIVE,
    ElementName: 'CD/DVD drive 1',
    ResourceSubType: 'vmware.cdrom.remotepassthrough',
    AutomaticAllocation: 'false',
    Parent: isShared ? FIRST_CONTROLLER : FIRST_CONTROLLER + 1,
    AddressOnParent: isShared ? 1 : 0,
  }
}

function cardItem(nic: Machine['nics'][number], index: number): Item {
  const { mac, mode, interface: number } = nic
  return {
    ResourceType: ETHERNET,
    ElementName: `Ethernet ${number ?? index}`,
    ResourceSubType: networkCardType(nic),
    ...(mac === undefined || mac === 'generated' ? {} : { Address: mac }),
    AutomaticAllocation: 'true',
    Connection: mode ?? NETWORK,
  }
}

/** The schema of `rasd` wants its elements in the order of their names. */
function itemText(item: Item): string {
  const fields = Object.entries(item).sort(([one], [other]) => (one < other ? -1 : 1))
  const lines = fields.map(([field, value]) => `        <rasd:${field}>${escaped(`${value}`)}</rasd:${field}>`)
  return ['      <Item>', ...lines, '      </Item>'].join('\n')
}

function networkText(name: string): string {
  return `    <Network ovf:name="${escaped(name)}">\n      <Description>${escaped(name)}</Description>\n    </Network>`
}

/** As KIWI: `uefi` is EFI with secure boot (kiwi/firmware.py `efi_mode`, kiwi/storage/subformat/ova.py). */
function firmwareText(firmware: string | undefined): string {
  if (firmware === undefined) return ''
  const isEfi = firmware === 'efi' || firmware === 'uefi'
  const configs = { firmware: isEfi ? 'efi' : 'bios', 'bootOptions.efiSecureBootEnabled': `${firmware === 'uefi'}` }
  const lines = Object.entries(configs).map(
    ([key, value]) => `\n      <vmw:Config ovf:required="false" vmw:key="${key}" vmw:value="${value}"/>`,
  )
  return lines.join('')
}

const ENTITIES: Readonly<Record<string, string>> = { '&': '&amp;', '<': '&lt;', '>': '&gt;', '"': '&quot;' }

/** XML 1.0 section 2.2: there is no way to write control characters and the like. */
function escaped(text: string): string {
  return text
    .replaceAll(/[\p{Cc}\p{Cs}\ufffe\uffff]/gu, ' ')
    .replaceAll(/[&<>"]/g, (character) => ENTITIES[character] ?? character)
}
