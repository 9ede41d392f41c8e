import type { SelectedType } from './description/select.ts'
import type { ConfigChanges } from './oci/config.ts'
import type { Compression } from './oci/layer.ts'
import type { Platform } from './oci/platform.ts'

/**
 * The validated decision of what will happen: plain data, written as JSON from one step to the next. No secrets.
 */
export interface Plan {
  readonly source: DescriptionSource | DiskSource
  /** Format of the disk in the image. */
  readonly format: DiskFormat
  /** Absolute path of the disk in the image; left out: `/disk/` and the name that KIWI gives it. */
  readonly diskPath?: string
  /** What `base-image` or `derived_from` says, `scratch` among it. */
  readonly base: string
  /** Where `base` comes from, for the log: `input base-image`, `derived_from of config.xml:7`, `default`. */
  readonly baseSource: string
  readonly platform: Platform
  readonly config: ConfigChanges
  readonly annotations: Readonly<Record<string, string>>
  readonly compression: Compression
  /** Full references, in the user's order. */
  readonly tags: readonly string[]
  readonly push: boolean
  /** skopeo destinations. */
  readonly exports: readonly string[]
  readonly tlsVerify: boolean
  readonly cache: boolean
  readonly installTools: boolean
  readonly workDirectory?: string
  readonly sourceDateEpoch?: number
  readonly summary: boolean
}

export type DiskFormat = 'qcow2' | 'raw'

export interface DiskSource {
  readonly kind: 'disk'
  /** Absolute path of the disk file. */
  readonly path: string
}

export interface DescriptionSource {
  readonly kind: 'description'
  /** The folder of the description, absolute. */
  readonly folder: string
  /** The file in it that KIWI reads, absolute. */
  readonly file: string
  readonly name: string
  readonly version: string
  readonly schemaVersion: string
  readonly profiles: readonly string[]
  /** The input `type`, handed to KIWI where it was given. */
  readonly type?: string
  readonly selected: SelectedType
  readonly packageManager: string
  /** Lines of the input `repositories`. */
  readonly repositories: readonly string[]
  readonly kiwiVersion: string
  readonly globalArguments: readonly string[]
  readonly buildArguments: readonly string[]
}
