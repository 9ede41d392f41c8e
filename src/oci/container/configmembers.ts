import { isJsonObject, type JsonObject } from '../../json.ts'
import { miswrittenNames } from '../jsonnames.ts'

type Kind = (value: unknown) => boolean

/** Go's decoder makes nothing of null. */
const isAbsent: Kind = (value) => value === undefined || value === null
const isText: Kind = (value) => isAbsent(value) || typeof value === 'string'
const isTexts: Kind = (value) =>
  isAbsent(value) || (Array.isArray(value) && value.every((item) => typeof item === 'string'))
const isFlag: Kind = (value) => isAbsent(value) || typeof value === 'boolean'
const isMap: Kind = (value) => isAbsent(value) || isJsonObject(value)
const isTextMap: Kind = (value) =>
  isAbsent(value) || (isJsonObject(value) && Object.values(value).every((text) => typeof text === 'string'))
/** A set: what stands behind a name means nothing, and is an object. */
const isSet: Kind = (value) => isAbsent(value) || (isJsonObject(value) && Object.values(value).every(isMap))
/** RFC 3339 as Go's time.Time reads it. */
const isTime: Kind = (value) =>
  isAbsent(value) ||
  (typeof value === 'string' && /^\d{4}-\d\d-\d\dT\d\d:\d\d:\d\d([.,]\d+)?(Z|[+-]\d\d:\d\d)$/.test(value))

const DOCUMENT = { architecture: isText, os: isText, variant: isText, created: isTime, author: isText }
const RUNTIME = {
  User: isText,
  ExposedPorts: isSet,
  Env: isTexts,
  Entrypoint: isTexts,
  Cmd: isTexts,
  Volumes: isSet,
  WorkingDir: isText,
  Labels: isTextMap,
  StopSignal: isText,
}
const STEP = { created: isTime, created_by: isText, author: isText, comment: isText, empty_layer: isFlag }

/**
 * What is wrong with the members of an image's config but its rootfs: who runs the image reads them into fields of one
 * kind each, and fails as a whole at another (image-spec specs-go/v1/config.go). Members that are not known may be anything.
 */
export function memberViolations(document: JsonObject): readonly string[] {
  const { config, history } = document
  const steps = Array.isArray(history) ? history : []
  return [
    ...kindViolations(document, DOCUMENT, 'it'),
    ...miswrittenNames(document, ['config', 'rootfs', 'history']).map(
      (name) => `it has ${name}, written in another case`,
    ),
    ...(isMap(config) ? [] : ['its config is no mapping']),
    ...(isJsonObject(config) ? kindViolations(config, RUNTIME, 'its config') : []),
    ...(isAbsent(history) || (Array.isArray(history) && history.every(isJsonObject))
      ? []
      : ['its history is no list of entries']),
    ...steps.filter(isJsonObject).flatMap((step, at) => kindViolations(step, STEP, `step ${at + 1} of its history`)),
  ]
}

function kindViolations(value: JsonObject, kinds: Readonly<Record<string, Kind>>, where: string): readonly string[] {
  const wrong = Object.entries(kinds).filter(([name, fits]) => !fits(value[name]))
  return [
    ...wrong.map(([name]) => `${where} has ${name} of the wrong kind`),
    ...miswrittenNames(value, Object.keys(kinds)).map((name) => `${where} has ${name}, written in another case`),
  ]
}
