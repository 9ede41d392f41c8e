import { DISK_TYPES, type DiskType, KINDS, type Kind } from '../oci/kind.ts'
import { nearestWord } from '../spelling.ts'
import type { InputName } from './raw.ts'
import type { InputReader } from './reader.ts'

/** Names of objects of Kubernetes: apimachinery pkg/util/validation, IsDNS1123Subdomain. */
const OBJECT_NAME = /^[a-z0-9]([a-z0-9-]*[a-z0-9])?(\.[a-z0-9]([a-z0-9-]*[a-z0-9])?)*$/
/** CDI makes labels of them; IsValidLabelValue in the same place. */
const LABEL_LIMIT = 63

/** What is made of the disk, and for which machines. */
export interface KindInputs {
  /** In the order of `KINDS`, each once; never empty. */
  readonly kinds: readonly Kind[]
  /** In the order of `DISK_TYPES`, each once; empty where the input names none. */
  readonly diskTypes: readonly DiskType[]
  /** KubeVirt's names of what a machine of the disk is started as. */
  readonly instancetype?: string
  readonly preference?: string
}

/** What is not known stands in the reader's problems, and a default here. */
export function kindInputs(reader: InputReader): KindInputs {
  const kinds = chosen(reader, 'kind', KINDS, 'kind')
  return {
    kinds: kinds.length === 0 ? ['container'] : kinds,
    diskTypes: chosen(reader, 'disktype', DISK_TYPES, 'disk of podman machine'),
    ...objectName(reader, 'instancetype'),
    ...objectName(reader, 'preference'),
  }
}

function chosen<Word extends string>(
  reader: InputReader,
  name: InputName,
  known: readonly Word[],
  what: string,
): readonly Word[] {
  const given = new Set<string>(reader.list(name))
  for (const text of given) {
    if (known.some((word) => word === text)) continue
    const nearest = nearestWord(text, known)
    const guess = nearest === undefined ? '' : `did you mean ${nearest}? `
    reader.refuse(name, `'${text}' is no ${what}: ${guess}write ${known.slice(0, -1).join(', ')} or ${known.at(-1)}`)
  }
  return known.filter((word) => given.has(word))
}

function objectName<Name extends 'instancetype' | 'preference'>(
  reader: InputReader,
  name: Name,
): { [Key in Name]?: string } {
  const text = reader.text(name)
  if (text === undefined) return {}
  if (text.length > LABEL_LIMIT || !OBJECT_NAME.test(text)) {
    reader.refuse(
      name,
      `'${text}' is no name in Kubernetes: write at most 63 small letters, digits, - and ., like u1.small`,
    )
  }
  return { [name]: text } as { [Key in Name]?: string }
}
