/**
 * Inputs as they were written: from a workflow one text for each, from a command line one for each time a flag stands
 * there. Names and kinds are the contract that `action.yml` and `--help` show.
 */

import { similarWords } from '../spelling.ts'

interface InputDefinition {
  readonly kind: 'text' | 'list' | 'boolean' | 'secret' | 'yaml'
  /** Stands behind the flag in `--help`. */
  readonly value: string
  readonly help: string
}

const DEFINITIONS = {
  description: { kind: 'text', value: 'PATH', help: 'folder or file of a KIWI description' },
  disk: { kind: 'text', value: 'FILE', help: 'an existing disk file: wrap it, build nothing' },
  profiles: { kind: 'list', value: 'NAME', help: "KIWI's profiles" },
  type: { kind: 'text', value: 'NAME', help: "KIWI's build type, where the description has several" },
  'kiwi-global-arguments': { kind: 'list', value: 'ARG', help: 'arguments for kiwi-ng before system build' },
  'kiwi-arguments': { kind: 'list', value: 'ARG', help: 'arguments for kiwi-ng after system build' },
  repositories: {
    kind: 'list',
    value: "'URI [DIST [COMPONENT…]]'",
    help: 'what obsrepositories:/ stands for; default: those of this machine',
  },
  kind: {
    kind: 'list',
    value: 'container|kubevirt|podman-machine|artifact|podman-machine-4',
    help: 'who the disk is for; default: container',
  },
  disktype: { kind: 'list', value: 'qemu|applehv|hyperv', help: 'machines of podman-machine; default: qemu' },
  instancetype: { kind: 'text', value: 'NAME', help: 'of kubevirt: the instance type, like u1.small' },
  preference: { kind: 'text', value: 'NAME', help: 'of kubevirt: the preference, like fedora' },
  format: {
    kind: 'text',
    value: 'qcow2|raw|vmdk|vdi|vhd|vhdx|vhd-fixed|gce|ova',
    help: "disk format in the image; default: the description's, else the kind's",
  },
  'disk-path': { kind: 'text', value: 'PATH', help: 'path of the disk in the image; default: /disk/NAME' },
  'base-image': { kind: 'text', value: 'REF', help: 'the reference container; default: derived_from, else scratch' },
  containerconfig: {
    kind: 'yaml',
    value: 'YAML',
    help: 'as text: name, tag, author, entrypoint, cmd, env, labels, user, workdir, …',
  },
  labels: { kind: 'list', value: 'KEY=VALUE', help: 'labels of the image' },
  annotations: {
    kind: 'list',
    value: '[LEVEL:]KEY=VALUE',
    help: 'manifest (default), index, manifest-descriptor or index-descriptor',
  },
  platform: {
    kind: 'text',
    value: 'OS/ARCH',
    help: "platform of the image, which is the disk's too; default: the machine's",
  },
  compression: {
    kind: 'text',
    value: 'gzip|zstd|none[:LEVEL]',
    help: 'of the layer; default: gzip; artifact: always none, podman-machine: always zstd',
  },
  tags: {
    kind: 'list',
    value: 'REF',
    help: "references to push to; default: the container's names",
  },
  push: { kind: 'boolean', value: '', help: 'push to the tags; without it the log says what would be pushed' },
  'push-by-digest': { kind: 'boolean', value: '', help: 'push to the repository without any tag; default: false' },
  repository: { kind: 'text', value: 'REGISTRY/NAME', help: 'where push-by-digest pushes to' },
  export: {
    kind: 'list',
    value: 'DEST',
    help: "skopeo destination, oci:DIR[:REF], or none; default: the format's",
  },
  registry: {
    kind: 'text',
    value: 'HOST',
    help: "registry of the login and of names without one; default: the tags' one",
  },
  username: { kind: 'text', value: 'NAME', help: 'login for this job only' },
  password: { kind: 'secret', value: '', help: '' },
  authfile: { kind: 'text', value: 'FILE', help: 'a file of logins to use instead of the existing ones' },
  'tls-verify': { kind: 'boolean', value: '', help: 'check certificates of registries; default: true' },
  cache: { kind: 'boolean', value: '', help: 'keep base layers, tools and packages; default: true' },
  'fast-build': {
    kind: 'boolean',
    value: '',
    help: "leave out of KIWI's build what changes nothing in the disk; default: true",
  },
  'install-tools': { kind: 'boolean', value: '', help: 'install what is missing; default: false' },
  'kiwi-version': { kind: 'text', value: 'VERSION', help: 'exact version from PyPI, or system' },
  'work-dir': { kind: 'text', value: 'DIR', help: "where to build; default: the system's temp" },
  'source-date-epoch': { kind: 'text', value: 'SECONDS', help: 'created, history and tar times' },
  summary: { kind: 'boolean', value: '', help: 'job summary, in a workflow; default: true' },
  images: { kind: 'list', value: 'REGISTRY/NAME@DIGEST', help: 'what was pushed by digest, one for each platform' },
} as const satisfies Record<string, InputDefinition>

export type InputName = keyof typeof DEFINITIONS

/** What a merge takes instead of a disk or a description, in the order of its help. */
export const MERGE_NAMES: readonly InputName[] = [
  'images',
  'tags',
  'annotations',
  'registry',
  'username',
  'password',
  'authfile',
  'tls-verify',
  'install-tools',
]

const ALL_NAMES = Object.keys(DEFINITIONS) as InputName[]

/** What all else takes. */
export const INPUT_NAMES: readonly InputName[] = ALL_NAMES.filter((name) => name !== 'images')

/** The texts given for each input. A list has one text an entry, everything else at most one. */
export type RawInputs = ReadonlyMap<InputName, readonly string[]>

export function inputDefinition(name: InputName): InputDefinition {
  return DEFINITIONS[name]
}

/**
 * The input of this name, whatever its case (a runner upper-cases names), if there is one.
 *
 * @param names where to look; all where left out
 */
export function inputNamed(name: string, names: readonly InputName[] = ALL_NAMES): InputName | undefined {
  const lower = name.toLowerCase()
  return names.find((known) => known === lower)
}

/** Lists whose values hold no commas: docker's metadata action writes tags so, and words are short. */
const SPLIT_AT_COMMAS: readonly InputName[] = ['tags', 'kind', 'disktype', 'images']

/** Whether a single text, also one of a command line, may hold several entries. */
export function splitsAtCommas(name: InputName): boolean {
  return SPLIT_AT_COMMAS.includes(name)
}

/**
 * The entries that one text of a workflow holds: a list has one a line, some also split at commas. `images` are outputs of
 * jobs, put together by expressions that know no lines.
 */
export function rawEntries(name: InputName, text: string): readonly string[] {
  if (inputDefinition(name).kind !== 'list') return [text]
  if (name === 'images') return text.split(/[\s,]+/)
  return text.split(splitsAtCommas(name) ? /[\n,]/ : '\n')
}

/** The known names nearest to a wrong one, for a message. */
export function similarNames(wrong: string, names: readonly InputName[] = INPUT_NAMES): readonly InputName[] {
  return similarWords(wrong, names).slice(0, 2)
}
