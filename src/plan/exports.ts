import { type ContainerName, containerNameText, DEFAULT_CONTAINER } from '../oci/container/containername.ts'
import { parseDestination } from '../registry/transport.ts'
import type { DescriptionSource } from './plan.ts'

/**
 * What the description's `format` writes to where the input `export` says nothing, in the working directory: for
 * `oci:FMT` and `docker:FMT` the archive that KIWI leaves (kiwi/storage/subformat/oci.py), without its xz around layers
 * that are compressed already; for `oci:FMT:TRANSPORT` what skopeo writes there. A registry is none of them: that is
 * where `tags` go.
 *
 * Where the container has names, an archive or layout takes them all from the plan and none from the destination.
 */
export function defaultExports(source: DescriptionSource, names: readonly ContainerName[]): readonly string[] {
  const { archive } = source.selected
  const { repository, tag } = DEFAULT_CONTAINER
  const place = (ending: string) => `${archive}:${source.kiwiName}.${ending}`
  const named = (text: string, name: string) => (names.length > 0 ? text : `${text}:${name}`)
  switch (archive) {
    case 'oci-archive':
      return [named(place('oci.tar'), tag)]
    case 'docker-archive':
      return [named(place('docker.tar'), `${repository}:${tag}`)]
    case 'oci':
      return [named(place('oci'), tag)]
    case 'dir':
      return [place('dir')]
    case 'docker-daemon':
    case 'containers-storage':
      return (names.length > 0 ? names : [DEFAULT_CONTAINER]).map((name) => `${archive}:${containerNameText(name)}`)
    default:
      return []
  }
}

/** Whether a destination is named by its own text, or has no use for names that docker must understand. */
export function hasOwnName(text: string): boolean {
  const destination = parseDestination(text)
  if ('problem' in destination || destination.transport !== 'docker-archive') return true
  return destination.name !== undefined
}
