import type { PackageNames } from './distribution.ts'

/** The package that brings a tool, by whose package names apply; left out where no package is known. */
export type Packages = { readonly [names in PackageNames]?: string }

/** How to see whether a tool is there. */
export type Look =
  /** One of these programs is in the search path. */
  | { readonly kind: 'program'; readonly anyOf: readonly string[] }
  /** This file exists; an absolute path. */
  | { readonly kind: 'file'; readonly path: string }
  /** `python3 -m venv` works: Debian packs the `ensurepip` it needs apart from python3. */
  | { readonly kind: 'python-venv' }

/** Something the machine has to have. */
export interface Tool {
  /** As messages show it: the program, or the file. */
  readonly name: string
  /** Why it is needed, as a sentence for messages. */
  readonly reason: string
  readonly look: Look
  readonly packages: Packages
}

/** A tool that is a program, or one of several that do the same. */
export function program(name: string | readonly string[], reason: string, brought: Packages): Tool {
  const anyOf = typeof name === 'string' ? [name] : name
  return { name: anyOf.join(' or '), reason, look: { kind: 'program', anyOf }, packages: brought }
}

/** A package that has the same name everywhere, but for the distributions named apart. */
export function everywhere(name: string, apart: Packages = {}): Packages {
  return { debian: name, ubuntu: name, fedora: name, suse: name, ...apart }
}

/** A package of Debian and Ubuntu, which packs more finely, and what brings the same elsewhere. */
export function onApt(name: string, elsewhere: Packages): Packages {
  return { debian: name, ubuntu: name, ...elsewhere }
}
