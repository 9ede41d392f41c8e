import type { ConfigChanges } from './config.ts'
import { isJsonObject, type JsonObject } from './document.ts'
import type { HistoryChanges } from './history.ts'
import { portProblem } from './port.ts'

/** What reading the input gives: the changes that are valid by themselves, and a sentence for each that is not. */
export interface Containerconfig {
  readonly changes: ConfigChanges
  readonly problems: readonly string[]
}

/** A value, cleared, or why it cannot be taken. */
type Reading<Value> = { readonly value: Value | null } | { readonly problem: string }
type Reader = (value: unknown) => Reading<NonNullable<ConfigChanges[keyof ConfigChanges]>>

const READERS: Readonly<Record<keyof ConfigChanges, Reader>> = {
  entrypoint: (value) => texts(value, '["sh", "-c"]'),
  cmd: (value) => texts(value, '["sleep", "10"]'),
  env: mapping,
  labels: mapping,
  user: scalar,
  workdir: scalar,
  expose: (value) => texts(Array.isArray(value) ? value.map(portText) : value, '[80, 53/udp]'),
  volumes: (value) => texts(value, '["/data"]'),
  stopsignal: scalar,
  author: scalar,
  history,
}

/**
 * The input `containerconfig`.
 *
 * @param value of the parsed YAML; nothing at all changes nothing
 */
export function parseContainerconfig(value: unknown): Containerconfig {
  if (value === undefined || value === null) return { changes: {}, problems: [] }
  const known = Object.keys(READERS).join(', ')
  if (!isJsonObject(value)) return { changes: {}, problems: [`write a mapping with the keys ${known}`] }
  const taken: [string, unknown][] = []
  const problems: string[] = []
  for (const [key, member] of Object.entries(value)) {
    if (!isKey(key)) {
      problems.push(`unknown key ${JSON.stringify(key)}: known are ${known}`)
      continue
    }
    const reading = member === null ? { value: null } : READERS[key](member)
    if ('problem' in reading) problems.push(`${key}: ${reading.problem}`)
    else taken.push([key, reading.value])
  }
  const changes: ConfigChanges = Object.fromEntries(taken)
  return { changes, problems: [...problems, ...configProblems(changes)] }
}

/** Why changes cannot be made, a sentence each, led by the key; for changes of any source. */
export function configProblems(changes: ConfigChanges): readonly string[] {
  const { env, labels, user, workdir, expose, volumes, stopsignal } = changes
  const of = (key: string, problem: string | undefined) => (problem === undefined ? [] : [`${key}: ${problem}`])
  return [
    ...Object.entries(env ?? {}).flatMap(([name, value]) => of('env', envProblem(name, value))),
    ...('' in (labels ?? {}) ? ['labels: a name is empty'] : []),
    ...(user && /[\s\0]/.test(user)
      ? of('user', `${JSON.stringify(user)} is not a user: write USER, UID or USER:GROUP`)
      : []),
    ...(workdir ? of('workdir', pathProblem(workdir)) : []),
    ...(expose ?? []).flatMap((port) => of('expose', portProblem(port))),
    ...(volumes ?? []).flatMap((path) => of('volumes', pathProblem(path))),
    ...(stopsignal ? of('stopsignal', signalProblem(stopsignal)) : []),
  ]
}

/**
 * The description's changes under those of the input, which wins key by key: among env and labels name by name, the
 * others as a whole.
 */
export function mergedChanges(description: ConfigChanges, input: ConfigChanges): ConfigChanges {
  const env = mergedNames(description.env, input.env)
  const labels = mergedNames(description.labels, input.labels)
  const history = mergedNames(description.history, input.history)
  return {
    ...description,
    ...input,
    ...(env === undefined ? {} : { env }),
    ...(labels === undefined ? {} : { labels }),
    ...(history === undefined ? {} : { history }),
  }
}

function mergedNames<Members extends object>(
  below: Members | null | undefined,
  above: Members | null | undefined,
): Members | null | undefined {
  if (!below || !above) return above === undefined ? below : above
  return { ...below, ...above }
}

function isKey(key: string): key is keyof ConfigChanges {
  return Object.hasOwn(READERS, key)
}

function texts(value: unknown, example: string): Reading<readonly string[]> {
  if (!Array.isArray(value)) return { problem: `write a list: ${example}` }
  const other = value.find((item) => typeof item !== 'string')
  if (other === undefined) return { value: value as readonly string[] }
  const written = isScalar(other) ? `write "${other}" in quotes` : `such as ${example}`
  return { problem: `a list of texts is needed: ${written}` }
}

function scalar(value: unknown): Reading<string> {
  return isScalar(value) ? { value: `${value}` } : { problem: 'write one text' }
}

function mapping(value: unknown): Reading<Readonly<Record<string, string | null>>> {
  if (!isJsonObject(value)) return { problem: 'write a mapping: NAME: VALUE' }
  const wrong = Object.entries(value).find(([, member]) => member !== null && !isScalar(member))
  if (wrong !== undefined) return { problem: `the value of ${JSON.stringify(wrong[0])} is no text` }
  return { value: mappedTexts(value) }
}

function mappedTexts(value: JsonObject): Readonly<Record<string, string | null>> {
  return Object.fromEntries(Object.entries(value).map(([name, member]) => [name, member === null ? null : `${member}`]))
}

function history(value: unknown): Reading<HistoryChanges> {
  const problem = { problem: 'write a mapping with created_by, author or comment' }
  if (!isJsonObject(value)) return problem
  const known = ['created_by', 'author', 'comment']
  const isText = (member: unknown) => member === null || isScalar(member)
  if (!Object.entries(value).every(([name, member]) => known.includes(name) && isText(member))) return problem
  const { created_by: createdBy, ...others } = mappedTexts(value)
  return { value: { ...others, ...(createdBy === undefined ? {} : { createdBy }) } }
}

function portText(port: unknown): unknown {
  return typeof port === 'number' || typeof port === 'bigint' ? `${port}` : port
}

function isScalar(value: unknown): value is string | number | bigint | boolean {
  return ['string', 'number', 'bigint', 'boolean'].includes(typeof value)
}

function envProblem(name: string, value: string | null): string | undefined {
  if (name === '' || /[=\0]/.test(name)) return `${JSON.stringify(name)} cannot be the name of a variable`
  return value?.includes('\0') ? `the value of ${name} holds a NUL character` : undefined
}

function pathProblem(path: string): string | undefined {
  return path.startsWith('/') && !path.includes('\0')
    ? undefined
    : `${JSON.stringify(path)} is not an absolute path: start it with /`
}

/** image-spec config.md, StopSignal: a name such as SIGKILL or SIGRTMIN+3, or a number. */
function signalProblem(text: string): string | undefined {
  if (/^SIG[A-Z0-9]+([+-][0-9]+)?$/.test(text)) return undefined
  if (/^[0-9]{1,2}$/.test(text) && Number(text) >= 1 && Number(text) <= 64) return undefined
  return `${JSON.stringify(text)} is not a signal: write SIGTERM, SIGRTMIN+3 or a number`
}
