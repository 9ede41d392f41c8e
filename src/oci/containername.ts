/** What a container image is called, as far as it is known without a registry: `acme/appliance` and `1.0`. */
export interface ContainerName {
  readonly repository: string
  readonly tag: string
}

/** `name`, `tag` and `additionalnames` of KIWI's `<containerconfig>`, or of the input of that name. */
export interface ContainerNaming {
  readonly name?: string | null
  readonly tag?: string | null
  /** Each `REPOSITORY:TAG`, `:TAG` or `REPOSITORY`. */
  readonly additionalNames?: readonly string[] | null
}

/** KIWI's, where a description gives a name alone (kiwi/defaults.py `get_default_container_tag`). */
const DEFAULT_TAG = 'latest'

/**
 * All names that a container has, the main one first, each once: what an additional name leaves out comes from the main
 * one (kiwi/container/oci.py `create`).
 *
 * @returns none where there is no name to begin with
 */
export function containerNames({ name, tag, additionalNames }: ContainerNaming): readonly ContainerName[] {
  if (!name) return []
  const main = { repository: name, tag: tag || DEFAULT_TAG }
  const names = [main, ...(additionalNames ?? []).map((text) => completed(text, main))]
  return [...new Map(names.map((each) => [containerNameText(each), each])).values()]
}

/** `REPOSITORY:TAG` */
export function containerNameText({ repository, tag }: ContainerName): string {
  return `${repository}:${tag}`
}

function completed(text: string, main: ContainerName): ContainerName {
  // A colon before the last slash belongs to a registry's port.
  const colon = text.lastIndexOf(':')
  const at = colon < text.lastIndexOf('/') ? -1 : colon
  const repository = at === -1 ? text : text.slice(0, at)
  const tag = at === -1 ? '' : text.slice(at + 1)
  return { repository: repository || main.repository, tag: tag || main.tag }
}
