import { optional } from './optional.ts'
import { attributeValue, childrenNamed, type XmlElement } from './xml.ts'

/** The virtual machine that the disk is for: `<machine>` of the type, and what `<image>` calls it. */
export interface Machine {
  /** In MB, as VMware counts them (2^20 bytes). */
  readonly memoryMegabytes?: number
  readonly cpus?: number
  /** VMware's word: `suse-64`. */
  readonly guestOS?: string
  readonly hardwareVersion?: string
  readonly diskController?: string
  readonly diskMode?: string
  readonly nics: readonly NetworkCard[]
  readonly dvd?: { readonly controller?: string }
  /** For whom an appliance is made: `vmware`. */
  readonly ovfType?: string
  /** `<image displayname>` */
  readonly displayName?: string
}

interface NetworkCard {
  readonly driver?: string
  readonly mode?: string
  readonly mac?: string
  readonly interface?: string
}

/**
 * As KIWI reads them, the first of each kind (kiwi/xml_state.py `get_build_type_machine_section` and on); their values
 * are checked by KIWI's schema.
 *
 * @param displayName of `<image>`
 * @returns undefined where the description says nothing about the machine
 */
export function machineOf(type: XmlElement, displayName: string | undefined): Machine | undefined {
  const section = childrenNamed(type, 'machine')[0]
  const named = optional('displayName', filled(displayName))
  if (section === undefined) return displayName ? { nics: [], ...named } : undefined
  const disk = childrenNamed(section, 'vmdisk')[0]
  const dvd = childrenNamed(section, 'vmdvd')[0]
  return {
    ...optional('memoryMegabytes', count(section, 'memory')),
    ...optional('cpus', count(section, 'ncpus')),
    ...optional('guestOS', filled(attributeValue(section, 'guestOS'))),
    ...optional('hardwareVersion', token(section, 'HWversion')),
    ...(disk === undefined ? {} : diskOf(disk)),
    nics: childrenNamed(section, 'vmnic').map(networkCard),
    ...(dvd === undefined ? {} : { dvd: optional('controller', token(dvd, 'controller')) }),
    ...optional('ovfType', token(section, 'ovftype')),
    ...named,
  }
}

/**
 * What KIWI hands to `qemu-img convert -o`, one option each (kiwi/xml_state.py `get_build_type_format_options`,
 * kiwi/storage/subformat/__init__.py, `get_qemu_option_list` of kiwi/storage/subformat/base.py): sorted by name, of a
 * name given twice the last, and whatever has more than one `=` without a value.
 *
 * @param options the attribute `formatoptions`
 * @param diskFormat vmdk and ova take what `<vmdisk>` says too
 */
export function formatOptions(
  options: string | undefined,
  diskFormat: string | undefined,
  machine: Machine | undefined,
): readonly string[] {
  const values = new Map<string, string>()
  // KIWI hands an empty option on, which qemu-img refuses.
  for (const option of (options ?? '').split(',').filter((text) => text !== '')) {
    const [name = '', value = '', ...others] = option.split('=')
    values.set(name, others.length === 0 ? value : '')
  }
  if (diskFormat === 'vmdk' || diskFormat === 'ova') {
    if (machine?.diskMode !== undefined) values.set(`subformat=${machine.diskMode}`, '')
    if (machine?.diskController !== undefined) values.set(`adapter_type=${machine.diskController}`, '')
  }
  return [...values]
    .sort(([one], [other]) => (one < other ? -1 : one > other ? 1 : 0))
    .map(([name, value]) => (value === '' ? name : `${name}=${value}`))
    .map((option) => (option === 'adapter_type=pvscsi' ? 'adapter_type=lsilogic' : option))
}

function diskOf(disk: XmlElement): Partial<Machine> {
  const controller = token(disk, 'controller')
  return {
    // Of schemas before 5.9 (kiwi/xsl/convert58to59.xsl of KIWI 9).
    ...optional('diskController', controller === 'scsi' ? 'lsilogic' : controller),
    ...optional('diskMode', token(disk, 'diskmode')),
  }
}

function networkCard(nic: XmlElement): NetworkCard {
  return {
    ...optional('driver', filled(attributeValue(nic, 'driver'))),
    ...optional('mode', filled(attributeValue(nic, 'mode'))),
    ...optional('mac', token(nic, 'mac')),
    ...optional('interface', filled(attributeValue(nic, 'interface'))),
  }
}

/** White space around it is none of a token or a number (XML Schema part 2 section 4.3.6). */
function token(element: XmlElement, name: string): string | undefined {
  return filled(attributeValue(element, name)?.trim())
}

/** KIWI takes 0 for nothing said. */
function count(element: XmlElement, name: string): number | undefined {
  const text = token(element, name)
  return text !== undefined && /^\+?\d+$/.test(text) && Number(text) > 0 ? Number(text) : undefined
}

function filled(text: string | undefined): string | undefined {
  return text === '' ? undefined : text
}
