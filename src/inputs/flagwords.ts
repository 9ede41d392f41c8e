import { type InputName, inputDefinition, inputNamed } from './raw.ts'

/** What is said of a workflow where a person at a terminal does something else. */
const OTHER_WORDS: readonly (readonly [RegExp, string])[] = [
  [/, one a line\b/g, ', one a flag'],
  [/, as the output image of a build is\b/g, ', the repository and the digest that a push by digest prints'],
  [/\banother step with the output disk as its input disk\b/g, 'another run with its file as --disk'],
]

/**
 * A message about inputs in the words of a command line: the domain names inputs as a workflow does, and there they are
 * flags.
 */
export function asFlags(text: string): string {
  const inWords = OTHER_WORDS.reduce((sentence, [words, others]) => sentence.replaceAll(words, others), text)
  return inWords
    .replaceAll(/\b(?:the )?input ([a-z-]+)\b/g, (all, word: string) => flag(word) ?? all)
    .replaceAll(/\bset ([a-z-]+) to (true|false)\b/g, (all, word: string, value: string) => {
      const name = booleanNamed(word)
      return name === undefined ? all : `set --${name}${value === 'false' ? '=false' : ''}`
    })
    .replaceAll(/\badd ([a-z0-9-]+) to kind\b/g, (_, kind: string) => `add ${kind} to --kind`)
}

function flag(word: string): string | undefined {
  const name = inputNamed(word)
  return name === undefined ? undefined : `--${name}`
}

function booleanNamed(word: string): InputName | undefined {
  const name = inputNamed(word)
  return name !== undefined && inputDefinition(name).kind === 'boolean' ? name : undefined
}
