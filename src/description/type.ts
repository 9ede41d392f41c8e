import type { ConfigChanges } from '../oci/container/config.ts'
import type { ContainerNaming } from '../oci/container/containername.ts'
import { containerConfig } from './containerconfig.ts'
import { attributesOf } from './description.ts'
import { type ContainerTransport, type DescribedDiskFormat, formatReading } from './format.ts'
import { replacesInitrd } from './initrd.ts'
import { formatOptions, type Machine, machineOf } from './machine.ts'
import { optional } from './optional.ts'
import { attributeValue, childrenNamed, isTrue, type XmlElement } from './xml.ts'

/** The `<type>` that is built, as plain data. Its attributes say what the build needs of the machine. */
export interface SelectedType {
  /** What KIWI calls it: `oem`. */
  readonly image: string
  /** The file that it stands in, absolute. */
  readonly file: string
  readonly line: number
  /** For the log: `oem, the first of 3 types`. */
  readonly reason: string
  /** Names of the profiles that apply. */
  readonly profiles: readonly string[]
  /** Of the image, empty where the description gives none. */
  readonly version: string
  readonly packageManager: string
  /** The attribute as it is written: `oci:qcow2`. */
  readonly format?: string
  /** The disk format in it: `qcow2`, `raw`. */
  readonly diskFormat?: DescribedDiskFormat
  /** What a format of two or three parts puts the image into. */
  readonly archive?: ContainerTransport
  /** The attribute `bundle_format` as it is written. */
  readonly bundleFormat?: string
  /** For qemu-img's `-o`, one each, where the disk has the format of the description. */
  readonly formatOptions: readonly string[]
  /** A GUID that Azure looks for in a disk of format vhd-fixed. */
  readonly vhdFixedTag?: string
  /** What Google charges for; of format gce. */
  readonly gceLicense?: string
  /** What the description says of the virtual machine, for formats that hold one. */
  readonly machine?: Machine
  readonly derivedFrom?: string
  readonly derivedFromLine?: number
  readonly filesystem?: string
  /** Every file system that the type names, of the root, boot and other partitions and of a read-only root. */
  readonly filesystems: readonly string[]
  readonly firmware?: string
  readonly bootloader?: string
  /** `lvm`, or `btrfs` for its own volumes; left out where there is no `<systemdisk>`. */
  readonly volumeManager?: string
  /** `<size>`; `additive` where it comes on top of what the files need. */
  readonly size?: { readonly megabytes: number; readonly additive: boolean }
  /** What `<containerconfig>` changes in the base's config, and the description's author. */
  readonly containerConfig?: ConfigChanges
  /** What `<containerconfig>` calls the container. */
  readonly naming?: ContainerNaming
  /** The lines of what it says, by key. */
  readonly containerLines: Readonly<Record<string, number>>
  /** The container's maintainer, else the description's author as `NAME <CONTACT>`. */
  readonly author?: string
  /** KIWI's initrd takes the place of what packages make at their installation, before anything is made of that. */
  readonly replacesInitrd: boolean
  /** All attributes of the `<type>`, as written. */
  readonly attributes: Readonly<Record<string, string>>
}

export interface TypeSurroundings {
  readonly reason: string
  readonly profiles: readonly string[]
  readonly version: string
  readonly packageManager: string
  readonly author?: string
  /** `<image displayname>` */
  readonly displayName?: string
}

/** What KIWI takes the type for: `vmx` is an `oem` since schema 7.3 (kiwi/xsl/convert72to73.xsl of KIWI 9). */
export function imageOf(type: XmlElement): string {
  const image = attributeValue(type, 'image') ?? ''
  return image === 'vmx' ? 'oem' : image
}

/** Whether KIWI makes a disk of it (kiwi/builder/__init__.py). */
export function isDiskType(type: XmlElement): boolean {
  return imageOf(type) === 'oem'
}

/** @param type a disk type whose format is one that can be read, or none */
export function selectedType(type: XmlElement, surroundings: TypeSurroundings): SelectedType {
  const attributes = attributesOf(type)
  const format = type.attributes.find((attribute) => attribute.name === 'format')
  const derivedFrom = type.attributes.find((attribute) => attribute.name === 'derived_from')
  const { author, displayName, ...rest } = surroundings
  const section = childrenNamed(type, 'containerconfig')[0]
  const { changes, naming, lines } = containerConfig(section, author)
  const bootloader = childrenNamed(type, 'bootloader')[0]
  const machine = machineOf(type, displayName)
  const read = format === undefined ? {} : formatFields(format.value)
  return {
    image: imageOf(type),
    file: type.file,
    line: type.line,
    ...rest,
    ...read,
    ...optional('bundleFormat', attributes['bundle_format'] || undefined),
    formatOptions: formatOptions(attributes['formatoptions'], read.diskFormat, machine),
    ...optional('vhdFixedTag', attributes['vhdfixedtag']?.trim() || undefined),
    ...optional('gceLicense', attributes['gcelicense'] || undefined),
    ...optional('machine', machine),
    ...(derivedFrom === undefined ? {} : { derivedFrom: derivedFrom.value, derivedFromLine: derivedFrom.line }),
    ...optional('filesystem', attributes['filesystem']),
    filesystems: filesystems(type),
    ...optional('firmware', attributes['firmware']),
    // Before schema 7.2 it was an attribute of the type (kiwi/xsl/convert71to72.xsl of KIWI 9).
    ...optional('bootloader', bootloader === undefined ? attributes['bootloader'] : attributeValue(bootloader, 'name')),
    ...optional('volumeManager', volumeManager(type)),
    ...optional('size', size(type)),
    ...(Object.keys(changes).length === 0 && section === undefined ? {} : { containerConfig: changes }),
    ...(section === undefined ? {} : { naming }),
    containerLines: lines,
    ...optional('author', changes.author ?? undefined),
    replacesInitrd: replacesInitrd(type),
    attributes,
  }
}

function formatFields(format: string): Pick<SelectedType, 'format' | 'diskFormat' | 'archive'> {
  const reading = formatReading(format)
  if (reading.kind !== 'written') return { format }
  const { diskFormat, archive } = reading
  return { format, diskFormat, ...optional('archive', archive) }
}

/** As kiwi/xml_state.py get_volume_management. */
function volumeManager(type: XmlElement): string | undefined {
  const systemDisk = childrenNamed(type, 'systemdisk')[0]
  if (systemDisk === undefined) return undefined
  return !isTrue(systemDisk, 'preferlvm') && attributeValue(type, 'filesystem') === 'btrfs' ? 'btrfs' : 'lvm'
}

function filesystems(type: XmlElement): readonly string[] {
  const partitions = childrenNamed(type, 'partitions').flatMap((section) => childrenNamed(section, 'partition'))
  const volumes = childrenNamed(type, 'systemdisk').flatMap((section) => childrenNamed(section, 'volume'))
  const isOverlay = isTrue(type, 'overlayroot')
  const names = [
    ...['filesystem', 'bootfilesystem', 'spare_part_fs'].map((name) => attributeValue(type, name)),
    ...[...partitions, ...volumes].map((element) => attributeValue(element, 'filesystem')),
    // kiwi/xml_state.py and kiwi/builder/disk.py: squashfs, unless another is asked for.
    isOverlay ? (attributeValue(type, 'overlayroot_readonly_filesystem') ?? 'squashfs') : undefined,
  ]
  return [...new Set(names.filter((name) => name !== undefined))]
}

/** As kiwi/xml_state.py get_build_type_size: megabytes unless the unit says otherwise. */
function size(type: XmlElement): SelectedType['size'] {
  const element = childrenNamed(type, 'size')[0]
  const text = element?.text.trim() ?? ''
  if (element === undefined || !/^\d+$/.test(text)) return undefined
  const factor = attributeValue(element, 'unit') === 'G' ? 1024 : 1
  return { megabytes: Number(text) * factor, additive: isTrue(element, 'additive') }
}
