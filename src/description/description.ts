import type { XmlElement } from './xml.ts'

/** One file that a description consists of: the main one, or one that an `<include>` names. */
export interface DescriptionDocument {
  /** Absolute. */
  readonly file: string
  /** XML; that of the YAML form is made from it. */
  readonly text: string
  readonly root: XmlElement
}

/** An `<include>` of the main file and the file that it names, absolute. */
export interface Include {
  readonly element: XmlElement
  readonly file: string
}

/** Where a section applies: everywhere where both are empty. */
export interface Scope {
  /** Applies where one of these profiles is active. */
  readonly profiles: readonly string[]
  /** Applies on these machines (`uname -m`). */
  readonly architectures: readonly string[]
}

export interface Profile {
  readonly name: string
  /** Active where no profile is asked for. */
  readonly isDefault: boolean
  readonly architectures: readonly string[]
  readonly requires: readonly Requirement[]
  readonly element: XmlElement
}

interface Requirement {
  readonly profile: string
  readonly architectures: readonly string[]
  readonly element: XmlElement
}

export interface Preferences extends Scope {
  readonly version?: XmlElement
  readonly packageManager?: string
  readonly types: readonly XmlElement[]
}

export interface Repository extends Scope {
  /** Position among all repositories of the description, from 0. */
  readonly index: number
  /** Where its packages are: an URI, or `obsrepositories:/`. */
  readonly uri: string
  /** Whether it stands for the repositories of whoever builds the image. */
  readonly isPlaceholder: boolean
  /** Of `<repository>`: `type`, `alias`, `distribution`, `components`, `repository_gpgcheck` and so on. */
  readonly attributes: Readonly<Record<string, string>>
  /** The file that it stands in, absolute. */
  readonly file: string
  readonly line: number
  readonly element: XmlElement
}

/** A KIWI description as it was read; nothing in it depends on profiles, type or machine. */
export interface Description {
  /** Absolute. */
  readonly folder: string
  /** The main file, absolute. */
  readonly file: string
  /** The main one first, each file once. */
  readonly documents: readonly DescriptionDocument[]
  readonly includes: readonly Include[]
  readonly name: string
  /** What a virtual machine with the disk is called. */
  readonly displayName?: string
  readonly schemaVersion: string
  /** `author <contact>` of the `<description>` section, where it says who that is. */
  readonly author?: string
  readonly profiles: readonly Profile[]
  readonly preferences: readonly Preferences[]
  readonly repositories: readonly Repository[]
}

/** The attributes of an element as a record. */
export function attributesOf(element: XmlElement): Readonly<Record<string, string>> {
  return Object.fromEntries(element.attributes.map((attribute) => [attribute.name, attribute.value]))
}

/** Parts of a list that KIWI splits at commas and nothing else (kiwi/xml_state.py); empty for an attribute left out. */
export function commaParts(value: string | undefined): readonly string[] {
  return value === undefined || value === '' ? [] : value.split(',')
}
