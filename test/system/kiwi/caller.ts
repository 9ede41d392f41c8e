import { runCommand } from '../../../src/command.ts'

/** Starts the supervisor as a build does, to be killed by a test: `node caller.ts JOB PROGRAM ARGUMENT…`. */
const [job = '', program = '', ...args] = process.argv.slice(2)
await runCommand(program, args, {
  input: `${job}\n`,
  stopByEndOfInput: true,
  onLine: (line) => process.stdout.write(`${line}\n`),
})
