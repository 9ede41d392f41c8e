import type { Problem } from '../errors.ts'
import type { LevelledAnnotation } from '../oci/annotations.ts'
import { type PinnedReference, parseReference, withoutLogin } from '../oci/reference.ts'
import type { Login } from '../registry/login/credentials.ts'
import { annotationList, optionalLogin, optionalRegistry, tagList } from './inputs.ts'
import type { RawInputs } from './raw.ts'
import { type InputFacts, InputReader } from './reader.ts'

/** The inputs of a merge: parsed, complete with defaults, each valid by itself. */
export interface MergeInputs {
  readonly images: readonly PinnedReference[]
  readonly tags: readonly string[]
  readonly annotations: readonly LevelledAnnotation[]
  readonly registry?: string
  /** Never written to a file by us but the job's own one. */
  readonly login?: Omit<Login, 'registry'>
  readonly authfile?: string
  readonly tlsVerify: boolean
  readonly installTools: boolean
}

/** @returns the inputs and every problem found in them */
export function readMergeInputs(
  raw: RawInputs,
  facts: InputFacts,
): { readonly inputs: MergeInputs; readonly problems: readonly Problem[] } {
  const reader = new InputReader(raw, facts)
  const inputs = {
    images: images(reader),
    tags: tagList(reader),
    annotations: annotationList(reader),
    ...optionalRegistry(reader),
    ...optionalLogin(reader),
    ...reader.optional('authfile', 'authfile'),
    tlsVerify: reader.boolean('tls-verify', true),
    installTools: reader.boolean('install-tools', reader.facts.installTools),
  }
  return { inputs, problems: reader.problems }
}

function images(reader: InputReader): MergeInputs['images'] {
  return reader.list('images').flatMap((text) => {
    const parsed = parseReference(text)
    if (typeof parsed === 'string') reader.refuse('images', `'${withoutLogin(text)}' is no reference: ${parsed}`)
    else if (parsed.digest === undefined) {
      reader.refuse(
        'images',
        `'${text}' has no digest: write REGISTRY/NAME@sha256:…, as the output image of a build is`,
      )
    } else {
      const { registry, repository, digest } = parsed
      return [{ registry, repository, digest }]
    }
    return []
  })
}
