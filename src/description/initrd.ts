import { attributeValue, childrenNamed, isTrue, type XmlElement } from './xml.ts'

/**
 * Whether nothing of an initrd that packages make at their installation reaches the disk: KIWI makes its own with
 * dracut and puts it over that one (kiwi/builder/disk.py `_build_main_system`), and before it does, it neither takes the
 * older one into a recovery archive nor into a read-only root, and measures no partition, volume or disk by it
 * (`create_recovery_archive`, `get_disksize_mbytes`, `_build_and_setup_partitions`).
 */
export function replacesInitrd(type: XmlElement): boolean {
  const makesIt = ['dracut', undefined].includes(attributeValue(type, 'initrd_system')) && !makesUnifiedKernel(type)
  const takesOlder = childrenNamed(type, 'oemconfig')
    .flatMap((section) => childrenNamed(section, 'oem-recovery'))
    .some((element) => element.text.trim() === 'true')
  const measured =
    !hasFixedSize(type) ||
    childrenNamed(type, 'systemdisk').length > 0 ||
    isTrue(type, 'overlayroot') ||
    ['root_clone', 'boot_clone'].some((name) => attributeValue(type, name) !== undefined)
  return makesIt && !takesOlder && !measured
}

/** With it KIWI makes no initrd of its own (kiwi/xml_state.py `get_dracut_config`). */
function makesUnifiedKernel(type: XmlElement): boolean {
  return childrenNamed(type, 'initrd')
    .flatMap((section) => childrenNamed(section, 'dracut'))
    .some((element) => isTrue(element, 'uefi'))
}

function hasFixedSize(type: XmlElement): boolean {
  const size = childrenNamed(type, 'size')[0]
  return size !== undefined && !isTrue(size, 'additive')
}
