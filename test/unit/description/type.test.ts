import { describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { type BuildChoice, selectType } from '../../../src/description/select.ts'
import { described, fixture, image, preferences } from './described.ts'

const X86: BuildChoice = { profiles: [], architecture: 'x86_64' }

async function selected(types: readonly string[], choice: Partial<BuildChoice> = {}) {
  return selectType(await described(image(preferences(...types))), { ...X86, ...choice })
}

describe('what the build needs', () => {
  it('is plain data of everything in the type', async () => {
    const description = await readDescription(await findDescription(fixture('container')))
    const type = selectType(description, X86)
    expect(JSON.parse(JSON.stringify(type))).toEqual(type)
    expect(type).toMatchObject({
      file: fixture('container/config.xml'),
      line: 16,
      version: '1.10.0',
      packageManager: 'zypper',
      derivedFrom: 'docker:registry.example.org/base:1',
      derivedFromLine: 19,
      filesystem: 'btrfs',
      filesystems: ['btrfs'],
      firmware: 'uefi',
      bootloader: 'grub2',
      volumeManager: 'btrfs',
      size: { megabytes: 4096, additive: false },
    })
    expect(type.attributes).toMatchObject({ btrfs_root_is_snapper_snapshot: 'true', installiso: 'true' })
  })

  it('are the tools of every file system that is named', async () => {
    const type = await selected([
      `<type image="oem" filesystem="ext4" bootfilesystem="fat32" spare_part_fs="xfs" overlayroot="true"
        overlayroot_readonly_filesystem="erofs" initrd_system="kiwi">
        <partitions><partition name="a" filesystem="ext3"/><partition name="b" filesystem="ext4"/></partitions>
        <systemdisk preferlvm="true"><volume name="c" filesystem="btrfs"/></systemdisk>
        <size unit="M" additive="true">100</size></type>`,
    ])
    expect(type).toMatchObject({
      filesystems: ['ext4', 'fat32', 'xfs', 'ext3', 'btrfs', 'erofs'],
      volumeManager: 'lvm',
      size: { megabytes: 100, additive: true },
    })
  })

  it('is LVM for volumes of a file system that has none', async () => {
    expect((await selected(['<type image="oem" filesystem="xfs"><systemdisk/></type>'])).volumeManager).toBe('lvm')
    const preferred = '<type image="oem" filesystem="btrfs"><systemdisk preferlvm="true"/></type>'
    expect((await selected([preferred])).volumeManager).toBe('lvm')
  })

  it.each([
    ['<packagemanager>dnf</packagemanager>', 'dnf4'],
    ['<packagemanager> apt-get </packagemanager>', 'apt'],
    ['<packagemanager>yum</packagemanager>', 'dnf4'],
    ['<packagemanager>constructor</packagemanager>', 'constructor'],
    ['', 'dnf4'],
  ])('is the package manager of %j', async (xml, name) => {
    const description = await described(image(`<preferences>${xml}<type image="oem"/></preferences>`))
    expect(selectType(description, X86)).toMatchObject({ packageManager: name, version: '' })
  })
})
