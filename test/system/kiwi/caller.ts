import { runCommand } from '../../../src/command.ts'
import { thisCaller } from '../../../src/host/process-start.ts'

/** Starts the supervisor as a build does, to be killed by a test: `node caller.ts JOB PROGRAM ARGUMENT…`. */
const [job = '', program = '', ...args] = process.argv.slice(2)
const input = `${JSON.stringify({ ...JSON.parse(job), caller: await thisCaller() })}\n`
await runCommand(program, args, {
  input,
  stopByEndOfInput: true,
  onLine: (line) => process.stdout.write(`${line}\n`),
})
