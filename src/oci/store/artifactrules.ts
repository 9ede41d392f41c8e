import { isJsonObject, type JsonObject } from '../../json.ts'
import { isTarType, TITLE, titleProblem } from '../artifact.ts'
import type { Descriptor } from '../descriptor.ts'
import type { Manifest } from '../manifest.ts'
import { platformText } from '../platform.ts'

/**
 * What is wrong between the documents of an artifact of ours: each of its consumers takes it only so.
 *
 * @param descriptor that names the manifest
 * @returns the ends of sentences about the artifact; empty when nothing is
 */
export function artifactViolations(descriptor: Descriptor, manifest: Manifest, config: JsonObject): readonly string[] {
  const { artifactType, layers } = manifest
  const [blob] = layers
  return [
    ...(artifactType === undefined ? ['it has no artifactType'] : []),
    // podman pkg/machine/ocipull/source.go: "should only have 1 layer".
    ...(layers.length === 1 ? [] : [`it has ${layers.length} blobs instead of one`]),
    ...(blob === undefined ? [] : blobViolations(blob, config)),
    ...platformViolations(descriptor, config),
  ]
}

function blobViolations(blob: Descriptor, config: JsonObject): readonly string[] {
  const title = blob.annotations?.[TITLE]
  const problem = title === undefined ? 'its blob has no title' : titleProblem(title)
  return [
    ...(isTarType(blob.mediaType) ? [`its blob has the media type ${blob.mediaType}, that of a layer`] : []),
    ...(problem === undefined ? [] : [problem]),
    ...(config['blob'] === blob.digest ? [] : [`its config is of the blob ${config['blob']}, it has ${blob.digest}`]),
    ...(isJsonObject(config['disk']) ? [] : ['its config says nothing of the disk']),
  ]
}

function platformViolations({ platform }: Descriptor, config: JsonObject): readonly string[] {
  if (platform === undefined) return []
  const { os, architecture, variant } = config
  const own = [os, architecture, ...(variant ? [variant] : [])].join('/')
  return own === platformText(platform)
    ? []
    : [`it is announced for ${platformText(platform)}, its config is for ${own}`]
}
