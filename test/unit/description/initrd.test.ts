import { expect, it } from 'vitest'
import { selectType } from '../../../src/description/select.ts'
import { described, image, preferences } from './described.ts'

async function replaces(attributes: string, ...elements: readonly string[]): Promise<boolean> {
  const type = `<type image="oem" filesystem="ext4" ${attributes}>${elements.join('')}</type>`
  const description = await described(image(preferences(type)))
  return selectType(description, { profiles: [], architecture: 'x86_64' }).replacesInitrd
}

const SIZE = '<size unit="M">1500</size>'

it.each([
  ['a disk of fixed size', '', SIZE],
  ['dracut by name', 'initrd_system="dracut"', SIZE],
  ['modules for dracut', '', `${SIZE}<initrd action="setup"><dracut module="network"/></initrd>`],
  ['no recovery', '', `${SIZE}<oemconfig><oem-recovery>false</oem-recovery></oemconfig>`],
])('KIWI’s initrd is the only one that matters with %s', async (_, attributes, elements) => {
  expect(await replaces(attributes, elements)).toBe(true)
})

it.each([
  ['no initrd of KIWI', 'initrd_system="none"', SIZE],
  ['an initrd that is not made by dracut', 'initrd_system="kiwi"', SIZE],
  ['a kernel with its initrd in one file', '', `${SIZE}<initrd action="setup"><dracut uefi="true"/></initrd>`],
  ['a recovery archive', '', `${SIZE}<oemconfig><oem-recovery>true</oem-recovery></oemconfig>`],
  ['a disk as large as its files', '', ''],
  ['a disk somewhat larger than its files', '', '<size unit="M" additive="true">100</size>'],
  ['volumes', '', `${SIZE}<systemdisk/>`],
  ['a read-only root', 'overlayroot="true"', SIZE],
  ['a clone of the root', 'root_clone="1"', SIZE],
  ['a clone of /boot', 'boot_clone="1"', SIZE],
])('the initrd of packages matters with %s', async (_, attributes, elements) => {
  expect(await replaces(attributes, elements)).toBe(false)
})
