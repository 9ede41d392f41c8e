import { type DiskFormat, diskFormat, takesOptions } from './format.ts'
import { CONTROLLER_WORDS, DVD_CONTROLLER_WORDS, type Machine } from './machine.ts'

/** What a description says about the conversion to its format. */
export interface ConversionOptions {
  /** For qemu-img's `-o`, one each. */
  readonly qemu: readonly string[]
  /** The GUID that KIWI writes into a fixed VHD. */
  readonly vhdFixedTag?: string
  /** Of an image for Google. */
  readonly gceLicense?: string
  readonly machine?: Machine
  /** KIWI's word: `bios`, `efi` or `uefi`. */
  readonly firmware?: string
}

export const NO_OPTIONS: ConversionOptions = { qemu: [] }

const GUID = /^[0-9a-f]{8}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{4}-[0-9a-f]{12}$/

/** Options of qemu-img for a disk that is not one file by itself, or that nobody could read without a secret. */
const REFUSED: ReadonlyMap<string, string> = new Map(
  Object.entries({
    backing_file: 'names another file, and the disk is alone in the image',
    backing_fmt: 'is of another file, and the disk is alone in the image',
    data_file: 'names another file, and the disk is alone in the image',
    data_file_raw: 'is of another file, and the disk is alone in the image',
    encryption: 'needs a key, which qemu-img is not given',
    size: 'is what <size> of the type says',
  }),
)

/** QEMU block/vmdk.c: those that are files beside the one that is named. */
const SPLIT_VMDKS = ['monolithicFlat', 'twoGbMaxExtentSparse', 'twoGbMaxExtentFlat']

/**
 * What is wrong with options for a format, one sentence each; for the plan, since a build takes minutes. Of values that
 * only the installed qemu-img knows it says nothing.
 */
export function optionProblems(format: DiskFormat, options: ConversionOptions): readonly string[] {
  const { vhdFixedTag, machine } = options
  const problems = takesOptions(format) ? options.qemu.flatMap((option) => qemuProblems(format, option)) : []
  if (format === 'vhd-fixed' && vhdFixedTag !== undefined && !GUID.test(vhdFixedTag)) {
    problems.push(
      `vhdfixedtag="${vhdFixedTag}" is no GUID: write one like 12345678-9abc-def0-1234-56789abcdef0, in small letters`,
    )
  }
  return format === 'ova' && machine !== undefined ? [...problems, ...machineProblems(machine)] : problems
}

function machineProblems({ hardwareVersion, diskController, dvd, ovfType }: Machine): readonly string[] {
  const problems: string[] = []
  if (hardwareVersion !== undefined && !/^[1-9][0-9]{0,2}$/.test(hardwareVersion)) {
    problems.push(`HWversion="${hardwareVersion}" is no version of VMware's hardware: write a number, like 13`)
  }
  if (diskController !== undefined && !CONTROLLER_WORDS.includes(diskController)) {
    problems.push(`controller="${diskController}" of <vmdisk> is not known: write ${CONTROLLER_WORDS.join(', ')}`)
  }
  if (dvd?.controller !== undefined && !DVD_CONTROLLER_WORDS.includes(dvd.controller)) {
    problems.push(`controller="${dvd.controller}" of <vmdvd> is not known: write ${DVD_CONTROLLER_WORDS.join(' or ')}`)
  }
  // kiwi/storage/subformat/ova.py post_init
  if (ovfType !== undefined && ovfType !== 'vmware') {
    problems.push(`ovftype="${ovfType}" of <machine> is not known: write vmware`)
  }
  return problems
}

function qemuProblems(format: DiskFormat, option: string): string[] {
  const [name = '', value = ''] = option.split(/=(.*)/s)
  const because = REFUSED.get(name.startsWith('encrypt.') ? 'encryption' : name)
  if (because !== undefined) return [`formatoptions: ${name} ${because}: leave it out`]
  // qemu-img would take it for several options.
  if (option.includes(',')) return [`formatoptions: "${option}" holds a comma: write single options`]
  if (format === 'vmdk' && name === 'subformat' && SPLIT_VMDKS.includes(value)) {
    return [
      `the vmdk of subformat ${value} is several files, of which the image would hold one: write monolithicSparse or streamOptimized`,
    ]
  }
  return []
}

/**
 * The options for qemu-img's `-o`, the later of which win: ours that others can change, the description's, and ours that
 * make the format.
 */
export function qemuOptions(format: DiskFormat, options: ConversionOptions): readonly string[] {
  const { defaults, fixed } = diskFormat(format)
  if (!takesOptions(format)) return []
  return [...defaults, ...options.qemu.map(knownAdapter), ...fixed]
}

/**
 * A vmdk knows one kind of all LSI adapters and of the paravirtual one; which it is, the machine says
 * (kiwi/storage/subformat/base.py `get_qemu_option_list`, which lets lsisas1068 fail).
 */
function knownAdapter(option: string): string {
  return option === 'adapter_type=pvscsi' || option === 'adapter_type=lsisas1068' ? 'adapter_type=lsilogic' : option
}
