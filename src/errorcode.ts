/**
 * The names of everything that can go wrong, and the exit code that each stands for: 2 where an input or the description
 * has to be changed, 1 where the machine, the network or somebody's service has to. What each means and what helps stands
 * in docs/errors.md, with the test that brings it about; a test compares this list with that one.
 */
export const errorCodes = {
  input: 2,
  description: 2,
  'host-root': 1,
  'host-tools': 1,
  'host-packages': 1,
  'host-kiwi': 1,
  'host-python': 1,
  'host-kernel': 1,
  'host-namespace': 1,
  'host-space': 1,
  'host-folder': 1,
  'host-disk': 1,
  'host-mirror': 1,
  'host-mirror-table': 1,
  'host-docker': 1,
  'host-storage': 1,
  'host-destination': 2,
  'host-logins': 1,
  'host-leftovers': 1,
  'host-handover': 1,
  'command-missing': 1,
  'command-exit': 1,
  'command-signal': 1,
  'command-timeout': 1,
  'command-idle': 1,
  'command-canceled': 1,
  'registry-helper': 1,
  'registry-space': 1,
  'registry-policy': 1,
  'registry-plain-http': 2,
  'registry-certificate': 1,
  'registry-host': 2,
  'registry-refused': 1,
  'registry-silent': 1,
  'registry-rate': 1,
  'registry-login': 1,
  'registry-hidden': 2,
  'registry-denied': 1,
  'registry-missing': 2,
  'registry-size': 1,
  'registry-several': 2,
  'registry-unnamed': 2,
  'registry-no-registry': 1,
  'registry-zstd': 2,
  'registry-namespace': 1,
  'registry-trouble': 1,
  'registry-broken': 1,
  'registry-still': 1,
  'registry-other': 1,
  'registry-damaged': 1,
  'registry-read-back': 1,
  'registry-platform': 2,
  'registry-unfit': 2,
  'registry-archive': 2,
  'registry-engine': 1,
  'image-document': 2,
  'image-invalid': 2,
  'image-layer': 2,
  'image-damaged': 1,
  'kiwi-failed': 1,
  'kiwi-size': 2,
  'kiwi-no-disk': 2,
  'kiwi-result': 1,
  'kiwi-initrd': 2,
  'filesystem-space': 1,
  'filesystem-read-only': 1,
  'filesystem-denied': 1,
  'filesystem-name': 1,
  'filesystem-open-files': 1,
  'filesystem-folder': 1,
  canceled: 1,
  bug: 1,
} as const satisfies Readonly<Record<string, 1 | 2>>

/** `host-space` */
export type ErrorCode = keyof typeof errorCodes

/** The codes of one class of errors: those that begin with its name and a hyphen. */
export type CodeOf<Class extends string> = Extract<ErrorCode, `${Class}-${string}`>

export function isErrorCode(text: string): text is ErrorCode {
  return Object.hasOwn(errorCodes, text)
}
