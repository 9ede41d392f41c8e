import { DISK_FORMAT_NAMES } from '../disk/format.ts'
import { descriptorViolations } from '../oci/descriptor.ts'
import { isDigest } from '../oci/digest.ts'
import { DISK_TYPES, KINDS } from '../oci/kind.ts'
import {
  handedOver,
  isAbsolutePath,
  isCount,
  isListOf,
  isMade,
  isOneOf,
  isSeconds,
  isText,
  isTextThat,
  optionally,
  type Shape,
} from '../plan/handover.ts'
import type { Built, BuiltChild, BuiltDisk, Phase } from './result.ts'

const isDescriptor: Shape = (value) => descriptorViolations(value, 'it').length === 0

const disk = {
  path: isText,
  format: isOneOf(DISK_FORMAT_NAMES),
  virtualSizeBytes: isCount,
  sizeBytes: isCount,
}

const isChild = isMade<BuiltChild>({
  kind: isOneOf(KINDS),
  diskType: optionally(isOneOf(DISK_TYPES)),
  digest: isTextThat(isDigest),
  descriptor: isDescriptor,
  disk: isMade<BuiltChild['disk']>(disk),
  layerSizeBytes: isCount,
})

/** The whole of what the build step writes. */
const isBuilt = isMade<Built>({
  workFolder: isAbsolutePath,
  layout: isAbsolutePath,
  reference: isText,
  digest: isTextThat(isDigest),
  descriptor: isDescriptor,
  disk: isMade<BuiltDisk>({ ...disk, file: isAbsolutePath }),
  layerSizeBytes: isCount,
  children: (value) => Array.isArray(value) && value.length > 0 && value.every(isChild),
  base: optionally(isMade<NonNullable<Built['base']>>({ name: isText, digest: isTextThat(isDigest) })),
  kiwi: optionally(isMade<NonNullable<Built['kiwi']>>({ version: isText })),
  phases: isListOf(isMade<Phase>({ name: isText, seconds: isSeconds })),
})

/** @throws InputError when the text is not what the build step wrote */
export function parseBuilt(text: string): Built {
  return handedOver('built', text, isBuilt) as unknown as Built
}
