import type { HostFacts } from './facts.ts'
import { kiwiNeeds } from './kiwi-needs.ts'
import type { Keyring } from './mirrors.ts'
import { everywhere, onApt, program, type Tool } from './tool.ts'

const ours: readonly Tool[] = [
  program('skopeo', 'it fetches the base and pushes the image', everywhere('skopeo')),
  program(
    'qemu-img',
    'it reads and converts the disk',
    // qemu-tools brings qemu-img with it on those SUSE releases that have it apart.
    onApt('qemu-utils', { fedora: 'qemu-img', suse: 'qemu-tools' }),
  ),
]

/** Programs that unpack archives which Node cannot. */
const unpackers: Readonly<Record<string, Tool>> = {
  xz: program('xz', 'it unpacks the base', onApt('xz-utils', { fedora: 'xz', suse: 'xz' })),
  bzip2: program('bzip2', 'it unpacks the base', everywhere('bzip2')),
}

/** All that a job needs whose images are in a registry already. */
const ofRegistries: readonly Tool[] = [
  program('skopeo', 'it reads the images and pushes their index', everywhere('skopeo')),
]

/** What the machine has to have for a job. Wrapping a disk needs skopeo and qemu-img, and what unpacks its base. */
export function toolNeeds(facts: HostFacts): readonly Tool[] {
  if (facts.source === 'registry') return ofRegistries
  const unpacker = unpackers[facts.basePacking ?? '']
  const always = unpacker === undefined ? ours : [...ours, unpacker]
  if (facts.source !== 'description') return always
  const ofKiwi = kiwiNeeds.filter((need) => need.when(facts)).map((need) => need.tool)
  return [...always, ...ofKiwi, ...(facts.keyrings ?? []).map(keyringTool)]
}

function keyringTool(keyring: Keyring): Tool {
  return {
    name: keyring.path,
    reason: 'the signatures of the repositories are checked with it',
    look: { kind: 'file', path: keyring.path },
    packages: keyring.packages,
  }
}
