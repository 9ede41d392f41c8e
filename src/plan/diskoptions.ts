import type { DiskFormat } from '../disk/format.ts'
import { type ConversionOptions, NO_OPTIONS, optionProblems } from '../disk/options.ts'
import type { Problem } from '../errors.ts'
import type { Platform } from '../oci/platform.ts'
import type { DescriptionSource, DiskSource } from './plan.ts'
import { typePlace } from './typeplace.ts'

/**
 * What the description says of the conversion. It says it of its own format: to another that an input names, nothing of
 * it applies.
 */
export function conversionOptions(
  source: DescriptionSource | DiskSource,
  format: DiskFormat,
  platform: Platform,
): ConversionOptions {
  if (source.kind !== 'description' || source.selected.diskFormat !== format) return NO_OPTIONS
  const { formatOptions, vhdFixedTag, gceLicense, machine, firmware } = source.selected
  return {
    qemu: formatOptions,
    ...(vhdFixedTag === undefined ? {} : { vhdFixedTag }),
    ...(gceLicense === undefined ? {} : { gceLicense }),
    ...(machine === undefined ? {} : { machine }),
    // kiwi/defaults.py get_default_firmware
    firmware: firmware ?? (['amd64', '386'].includes(platform.architecture) ? 'bios' : 'efi'),
  }
}

/** What is wrong with what the description says of the conversion. */
export function conversionProblems(
  source: DescriptionSource | DiskSource,
  format: DiskFormat,
  platform: Platform,
): readonly Problem[] {
  if (source.kind !== 'description') return []
  const place = typePlace(source.selected)
  const texts = optionProblems(format, conversionOptions(source, format, platform))
  return texts.map((text) => ({ ...place, text }))
}
