/** The virtual machine that a disk is for, where its format tells of one. */
export interface Machine {
  /** In MB of 2^20 bytes. */
  readonly memoryMegabytes?: number
  readonly cpus?: number
  /** VMware's word for an OVF: `debian12_64Guest`. */
  readonly guestOS?: string
  /** The number in `vmx-13`. */
  readonly hardwareVersion?: string
  /** KIWI's word of `<vmdisk>`, as `pvscsi`. */
  readonly diskController?: string
  readonly nics: readonly NetworkCard[]
  readonly dvd?: { readonly controller?: string }
  /** KIWI's word for whom an appliance is made. */
  readonly ovfType?: string
  /** What a person calls it. */
  readonly displayName?: string
}

export interface NetworkCard {
  readonly driver?: string
  /** The kind of network, as `bridged` or `nat`. */
  readonly mode?: string
  readonly mac?: string
  /** Its number. */
  readonly interface?: string
}

export interface Controller {
  /** DMTF DSP0243 and CIM_ResourceAllocationSettingData: IDE, parallel SCSI, other storage. */
  readonly resourceType: 5 | 6 | 20
  readonly subtype?: string
  readonly title: string
}

const LSI_LOGIC: Controller = { resourceType: 6, subtype: 'lsilogic', title: 'SCSI Controller' }
const PARAVIRTUAL: Controller = { resourceType: 6, subtype: 'VirtualSCSI', title: 'SCSI Controller' }

/**
 * KIWI's words (kiwi/schema/kiwi.rnc `k.vmdisk.controller.attribute`, kiwi/storage/subformat/template/ova_compose.py) and
 * the subtypes that VMware writes for them (open-vmdk ova-compose.py).
 */
const CONTROLLERS: ReadonlyMap<string, Controller> = new Map<string, Controller>(
  Object.entries({
    ide: { resourceType: 5, title: 'IDE Controller' },
    buslogic: { resourceType: 6, subtype: 'buslogic', title: 'SCSI Controller' },
    lsilogic: LSI_LOGIC,
    legacyESX: LSI_LOGIC,
    scsi: LSI_LOGIC,
    lsisas1068: { resourceType: 6, subtype: 'lsilogicsas', title: 'SCSI Controller' },
    pvscsi: PARAVIRTUAL,
    paravirtual: PARAVIRTUAL,
    sata: { resourceType: 20, subtype: 'vmware.sata.ahci', title: 'SATA Controller' },
    nvme: { resourceType: 20, subtype: 'vmware.nvme.controller', title: 'NVMe Controller' },
  }),
)

export const CONTROLLER_WORDS = [...CONTROLLERS.keys()]
/** kiwi/schema/kiwi.rnc `k.vmdvd.controller.attribute` */
export const DVD_CONTROLLER_WORDS = ['ide', 'scsi']

/** ESXi 6.5 and Workstation 14 know it, and it has each of the controllers (VMware KB 1003746). */
const HARDWARE_VERSION = '13'
/** The first with SATA. */
const SATA_VERSION = 10

export function hardwareVersion(machine: Machine | undefined): string {
  return machine?.hardwareVersion ?? HARDWARE_VERSION
}

/**
 * The controller of the disk. Where none is named it is SATA, for which every Linux has a driver in its initrd and which
 * VMware and VirtualBox know both; KIWI names NVMe on a hardware version, 9, that has none.
 */
export function diskController(machine: Machine | undefined): Controller {
  const fallback = Number(hardwareVersion(machine)) < SATA_VERSION ? 'lsilogic' : 'sata'
  return CONTROLLERS.get(machine?.diskController ?? fallback) ?? LSI_LOGIC
}

/** The controller of the drive for DVDs, where there is one. */
export function dvdController(machine: Machine | undefined): Controller | undefined {
  return machine?.dvd === undefined ? undefined : CONTROLLERS.get(machine.dvd.controller ?? 'ide')
}

const NETWORK_CARDS: ReadonlyMap<string, string> = new Map(
  Object.entries({
    e1000: 'E1000',
    e1000e: 'E1000e',
    vmxnet: 'VmxNet',
    vmxnet2: 'VmxNet2',
    vmxnet3: 'VmxNet3',
    pcnet32: 'PCNet32',
    vlance: 'PCNet32',
  }),
)

/** What an OVF calls the card (DSP0243 names no values; VMware's are these). */
export function networkCardType(card: NetworkCard): string {
  const driver = card.driver ?? 'vmxnet3'
  return NETWORK_CARDS.get(driver.toLowerCase()) ?? driver
}
