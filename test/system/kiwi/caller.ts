import { runCommand } from '../../../src/command.ts'

/** Starts the supervisor as a build does, to be killed by a test: `node caller.ts SUPERVISOR JOB`. */
const [supervisor = '', job = ''] = process.argv.slice(2)
await runCommand(process.execPath, [supervisor], {
  input: `${job}\n`,
  stopByEndOfInput: true,
  onLine: (line) => process.stdout.write(`${line}\n`),
})
