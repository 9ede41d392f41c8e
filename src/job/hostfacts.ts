import type { HostFacts } from '../host/facts.ts'
import type { Mirrors } from '../host/mirrors.ts'
import type { Plan } from '../plan/plan.ts'
import { placeholderKeyrings } from './placeholders.ts'

/** What of a plan decides which tools the machine needs. */
export function hostFacts(plan: Plan, architecture: string, mirrors: Mirrors): HostFacts {
  const { source, basePacking } = plan
  const packed = basePacking === undefined ? {} : { basePacking }
  if (source.kind === 'disk') return { source: 'disk', ...packed }
  const { selected } = source
  const attribute = (name: string) => selected.attributes[name]
  const has = (name: string) => !['', 'false', '0'].includes(attribute(name)?.trim() ?? '')
  return {
    source: 'description',
    ...packed,
    architecture,
    packageManager: source.packageManager,
    kiwiVersion: source.kiwiVersion,
    filesystems: selected.filesystems,
    ...(selected.firmware === undefined ? {} : { firmware: selected.firmware }),
    ...(attribute('efiparttable') === undefined ? {} : { efiPartitionTable: attribute('efiparttable') ?? '' }),
    ...(selected.bootloader === undefined ? {} : { bootloader: selected.bootloader }),
    luks: attribute('luks') !== undefined,
    lvm: selected.volumeManager === 'lvm',
    mdraid: has('mdraid'),
    overlayroot: has('overlayroot'),
    ...(attribute('overlayroot_readonly_filesystem') === undefined
      ? {}
      : { overlayrootType: attribute('overlayroot_readonly_filesystem') ?? '' }),
    verity: has('verity_blocks') || has('embed_verity_metadata') || has('overlayroot_verity_blocks'),
    integrity: has('standalone_integrity') || has('embed_integrity_metadata'),
    // Whether a user's password stands there in plain text is KIWI's to read; openssl, which it needs then, is small.
    plainPasswords: true,
    fstabPatch: source.hasFstabPatch,
    keyrings: placeholderKeyrings(source.placeholders, source.repositories, mirrors),
  }
}

/** What most descriptions need on a machine that is set up without one. */
export function usualHostFacts(machine: {
  readonly architecture: string
  readonly packageManager: string
  readonly kiwiVersion: string
}): HostFacts {
  return {
    source: 'description',
    ...machine,
    filesystems: ['ext4', 'xfs', 'btrfs', 'squashfs'],
    firmware: 'uefi',
    bootloader: 'grub2',
    plainPasswords: true,
  }
}
