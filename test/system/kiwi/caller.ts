import { runCommand } from '../../../src/command.ts'
import { thisProcess } from '../../../src/job/owner.ts'

/** Starts the supervisor as a build does, to be killed by a test: `node caller.ts JOB PROGRAM ARGUMENT…`. */
const [job = '', program = '', ...args] = process.argv.slice(2)
const { pid, started } = await thisProcess()
const input = `${JSON.stringify({ ...JSON.parse(job), caller: { pid, started } })}\n`
await runCommand(program, args, {
  input,
  stopByEndOfInput: true,
  onLine: (line) => process.stdout.write(`${line}\n`),
})
