import { type ContainerName, containerNameText } from '../../oci/container/containername.ts'
import { parseReference, referenceText } from '../../oci/reference.ts'
import { isRefName } from '../../oci/refname.ts'
import type { IndexName } from '../../oci/store/layout.ts'
import { dockerNameProblem, isPlain, type LocalName, storageParts } from '../transport.ts'

/**
 * The names that an image gets in the index.json of a layout or of its archive: the one in the destination's text, else
 * the container's own. Where the text says the container's main name, the further names come along.
 *
 * The main name stands as its plain tag, as skopeo asks for it (KIWI writes `NAME:TAG`); a further one of another
 * repository as `REPOSITORY:TAG`. The whole name stands beside it, for podman and containerd.
 *
 * @returns none for an image without a name
 */
export function indexNames({ name }: LocalName, names: readonly ContainerName[]): readonly IndexName[] {
  const [main] = names
  const own = names.map((each) => {
    const text = containerNameText(each)
    const whole = fullName(text)
    return { ref: each.repository === main?.repository ? each.tag : text, ...(whole === undefined ? {} : { whole }) }
  })
  const isMain = main !== undefined && (name === main.tag || name === containerNameText(main))
  if (name !== undefined && !isMain) return [{ ref: name }]
  const taken = own.map((each, position) => (name === undefined || position > 0 ? each : { ...each, ref: name }))
  return [...new Map(taken.map((each) => [each.ref, each])).values()]
}

/** The names of `indexNames` as one asks for them behind the path. */
export function refNames(destination: LocalName, names: readonly ContainerName[]): readonly string[] {
  return indexNames(destination, names).map(({ ref }) => ref)
}

/**
 * The names of an image for docker, whole as docker reads them: `acme/x` is `docker.io/acme/x:latest`. The choice is that
 * of {@link refNames}.
 *
 * @param text the name in the destination's text
 * @throws Error for a name that `nameProblem` has a problem with
 */
export function dockerNames(text: string | undefined, names: readonly ContainerName[]): readonly string[] {
  return [...new Set(chosenTexts(text, names).map(dockerName))]
}

/** The names of an image in container storage, each behind the store that the text may begin with: `[driver@root+run]`. */
export function storageNames({ path }: LocalName, names: readonly ContainerName[]): readonly string[] {
  const { store, name } = storageParts(path)
  return isPlain(name) ? dockerNames(name, names).map((each) => `${store}${each}`) : [path]
}

/** Why an image cannot have its names at a destination: one sentence that says which name, the first that it cannot have. */
export function nameProblem(destination: LocalName, names: readonly ContainerName[]): string | undefined {
  const { transport, path, name } = destination
  switch (transport) {
    case 'oci':
    case 'oci-archive': {
      const unfit = refNames(destination, names).find((each) => !isRefName(each))
      if (unfit === undefined) return undefined
      return `'${unfit}' cannot be the name of an image in a layout: write ${transport}:PATH:REF`
    }
    case 'docker-archive':
      return firstProblem(chosenTexts(name, names))
    case 'docker-daemon':
      return firstProblem(chosenTexts(path, names))
    case 'containers-storage': {
      const { name: inStore } = storageParts(path)
      return isPlain(inStore) ? firstProblem(chosenTexts(inStore, names)) : undefined
    }
    default:
      return undefined
  }
}

function chosenTexts(text: string | undefined, names: readonly ContainerName[]): readonly string[] {
  const own = names.map(containerNameText)
  if (text === undefined) return own
  return own[0] !== undefined && fullName(text) === fullName(own[0]) ? own : [text]
}

function firstProblem(texts: readonly string[]): string | undefined {
  return texts.map(dockerNameProblem).find((problem) => problem !== undefined)
}

function dockerName(text: string): string {
  const full = fullName(text)
  if (full === undefined) throw new Error(`${text} is no name of an image, and was never checked`)
  return full
}

function fullName(text: string): string | undefined {
  const parsed = parseReference(text)
  return typeof parsed === 'string' ? undefined : referenceText({ ...parsed, tag: parsed.tag ?? 'latest' })
}
