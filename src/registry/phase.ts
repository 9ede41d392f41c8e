/** Where a tag moves, if the answer tells or not. */
export const AT_THE_MANIFEST = 'while the manifest was written'

/** First match wins: errors of c/image (docker/, copy/) stand inside one another, the innermost tells most. */
const PHASES: readonly (readonly [pattern: RegExp, phase: string])[] = [
  [/requesting bear|obtain access token/i, 'while a token was fetched'],
  [/pinging container registry/i, 'at the first contact'],
  [/logging into|authenticating creds/i, 'at the login'],
  [/(?:uploading|writing) manifest/i, AT_THE_MANIFEST],
  [/happened during read|\b(?:reading|fetching) (?:blob|config)|image config/i, 'while a blob was read'],
  [
    /writing (?:blob|config)|layer upload|uploading layer|reuse blob|whether a blob|\/blobs\/uploads\//i,
    'while a blob was written',
  ],
  [/(?:reading|fetching) (?:manifest|image)|determining manifest/i, 'while the manifest was read'],
]

/** Where in a push or a fetch skopeo failed, by its message; undefined where that does not say. */
export function phaseOf(text: string): string | undefined {
  return PHASES.find(([pattern]) => pattern.test(text))?.[1]
}
