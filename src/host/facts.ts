import type { Keyring } from './mirrors.ts'

/** What decides which tools a job needs. Attributes are those of KIWI's `<type>`. */
export type HostFacts = BaseFacts &
  ({ readonly source: 'disk' | 'registry' } | ({ readonly source: 'description' } & DescriptionFacts))

export interface BaseFacts {
  /** How the base's archive is packed, if it is. */
  readonly basePacking?: string
}

export interface DescriptionFacts {
  /** KIWI's name of the architecture: `x86_64`, `aarch64`. */
  readonly architecture: string
  /** `<packagemanager>`. */
  readonly packageManager: string
  /** The version of kiwi-ng that builds, or `system` for the one that the machine has. */
  readonly kiwiVersion: string
  /** Every filesystem that the type names: `filesystem`, `bootfilesystem`, those of partitions and volumes. */
  readonly filesystems: readonly string[]
  /** `firmware`; KIWI's default for the architecture where left out. */
  readonly firmware?: string
  /** `efiparttable`. */
  readonly efiPartitionTable?: string
  /** Name of `<bootloader>`, `grub2` where left out. */
  readonly bootloader?: string
  readonly luks?: boolean
  readonly lvm?: boolean
  readonly mdraid?: boolean
  /** `overlayroot`, and the type of its read-only part where it is not squashfs. */
  readonly overlayroot?: boolean
  readonly overlayrootType?: string
  /** `verity_blocks`, `embed_verity_metadata`, `overlayroot_verity_blocks`. */
  readonly verity?: boolean
  /** `standalone_integrity`, `embed_integrity_metadata`. */
  readonly integrity?: boolean
  /** A `<user>` whose password is in plain text, which KIWI hashes with openssl. */
  readonly plainPasswords?: boolean
  /** The description has a `fstab.patch`. */
  readonly fstabPatch?: boolean
  /** Keyrings that the repositories are checked with, `familyOf(mirrors, codename)?.keyring`. */
  readonly keyrings?: readonly Keyring[]
}

/** Whether KIWI makes a disk for EFI: firmware.py, with the defaults of defaults.py for ARM, RISC-V and LoongArch. */
export function isEfi(facts: DescriptionFacts): boolean {
  const standard = /^(aarch64|arm|riscv|loongarch)/.test(facts.architecture) ? 'efi' : 'bios'
  return ['efi', 'uefi'].includes(facts.firmware ?? standard)
}
