import { forgeries } from '../../promises/support/forgeries.ts'
import { readAsRunner } from '../../promises/support/runnercommands.ts'

/** What KIWI may have of the environment, and the programs that it starts scripts with. */
const RUNNERS = /\b(GITHUB|INPUT|ACTIONS|RUNNER|KIWI_OCI|STATE)_[A-Z]/

/** Long lines would only make the log long. */
const printed = forgeries.filter(({ prefix }) => !/thousand|64 KiB/.test(prefix))

/** `config.sh` of a description that prints every command to the runner on both streams, and what it sees of environments. */
export function hostileScript(): string {
  const stream = (number: 1 | 2) => {
    const lines = printed.filter((forgery) => forgery.stream === number).flatMap(({ pieces }) => pieces)
    const encoded = Buffer.from(lines.join(''))
      .toString('base64')
      .replaceAll(/.{1,76}/g, '$&\n')
    return `base64 -d >&${number} <<'END'\n${encoded}END\n`
  }
  const look = "tr '\\0' '\\n' < /proc/$pid/environ 2> /dev/null | sed 's/^/environment-seen /'"
  const looking = `for pid in $(ls /proc | grep '^[0-9]'); do ${look}; done\n`
  return `#!/bin/bash\n${stream(1)}${stream(2)}${looking}exit 0\n`
}

/** What of the lines of a step the runner takes of the script's, that the script did not print, or that it found. */
export function forged(lines: readonly string[]): readonly string[] {
  const log = lines.join('\n')
  const taken = readAsRunner(log).commands.filter((command) => JSON.stringify(command).includes('forged-'))
  const unseen = printed.filter(({ mark }) => !log.includes(mark)).map(({ mark }) => `${mark} is not in the log`)
  const seen = lines.filter((line) => line.includes('environment-seen '))
  return [
    ...taken.map(({ name, data }) => `${name} ${data}`),
    ...unseen.slice(0, 10),
    ...(seen.some((line) => line.includes('PATH=')) ? [] : ['the script saw no environment']),
    ...seen.filter((line) => RUNNERS.test(line)),
  ]
}
