import type { SelectedType } from '../description/select.ts'
import type { DiskFormat } from '../disk/format.ts'
import type { LevelledAnnotation } from '../oci/annotations.ts'
import type { ConfigChanges } from '../oci/container/config.ts'
import type { ContainerName } from '../oci/container/containername.ts'
import type { DiskType, Kind } from '../oci/kind.ts'
import type { Compression } from '../oci/packing/compression.ts'
import type { Packing } from '../oci/packing/packing.ts'
import type { Platform } from '../oci/platform.ts'

/**
 * The validated decision of what will happen: plain data, written as JSON from one step to the next. No secrets.
 */
export interface Plan {
  readonly source: DescriptionSource | DiskSource
  /** What is made of the disk, in the order of `KINDS`; never empty. `plannedChildren` says what each comes to. */
  readonly kinds: readonly Kind[]
  /** What `podman-machine` is made for; empty without that kind. */
  readonly diskTypes: readonly DiskType[]
  /** Format of the disk in the first child. */
  readonly format: DiskFormat
  /** Where `format` comes from, for the log: `input format`, `format of config.xml:7`, `default`. */
  readonly formatSource: string
  /** Absolute path of the disk in the image; left out: `/disk/` and the name that KIWI gives it. */
  readonly diskPath?: string
  /** What `base-image` or `derived_from` says, `scratch` among it. */
  readonly base: string
  /** Where `base` comes from, for the log: `input base-image`, `derived_from of config.xml:7`, `default`. */
  readonly baseSource: string
  /** How the archive that `base` names is packed: it may take a program to unpack it. */
  readonly basePacking?: Packing
  readonly platform: Platform
  /** Changes to the base's config: of the description, and over them those of `containerconfig`. */
  readonly config: ConfigChanges
  /** Set last: also where `config` clears all labels. */
  readonly labels: Readonly<Record<string, string>>
  readonly annotations: readonly LevelledAnnotation[]
  /** What the container is called where no input says it, the main name first. */
  readonly names: readonly ContainerName[]
  readonly compression: Compression
  /** Full references, in the user's order. */
  readonly tags: readonly string[]
  /** What gave the tags where the input did not: `name of config.xml:7`. */
  readonly tagsSource?: string
  readonly push: boolean
  /** The repository that is pushed to without a tag, `registry/repository`; then there are no `tags`. */
  readonly pushByDigest?: string
  /** skopeo destinations. */
  readonly exports: readonly string[]
  /** What gave the exports where the input did not: `format of config.xml:7`. */
  readonly exportsSource?: string
  /** What the job's login is for, where there is one. */
  readonly loginRegistry?: string
  readonly tlsVerify: boolean
  readonly cache: boolean
  /** Leave out of KIWI's build what changes nothing in the disk. */
  readonly fastBuild: boolean
  readonly installTools: boolean
  readonly workDirectory?: string
  readonly sourceDateEpoch?: number
  readonly summary: boolean
}

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
  /** What KIWI calls its results, without their endings: `NAME.ARCH-VERSION`. */
  readonly kiwiName: string
  /** What `bundle_format` calls the disk in the image, without its ending; else it is `NAME.ARCH-VERSION`. */
  readonly diskName?: string
  readonly packageManager: string
  /** KIWI changes the disk's fstab with a file of this name. */
  readonly hasFstabPatch: boolean
  /** Lines of the input `repositories`. */
  readonly repositories: readonly string[]
  /** The active repositories that are `obsrepositories:/`. */
  readonly placeholders: readonly Placeholder[]
  readonly kiwiVersion: string
  readonly globalArguments: readonly string[]
  readonly buildArguments: readonly string[]
}

/** A repository `obsrepositories:/`: what stands for it is found out before the build. */
export interface Placeholder {
  /** Among all repositories of the description, from 0. */
  readonly index: number
  /** `config.xml:31` */
  readonly where: string
  readonly distribution?: string
  readonly components?: readonly string[]
  readonly imageInclude: boolean
  readonly repositoryGpgcheck: boolean
}
