import { readInputs } from '../inputs/inputs.ts'
import { planLines } from '../plan/lines.ts'
import { planText } from '../plan/plan.ts'
import { makePlan } from '../plan/planning.ts'
import { maskSecret, type Runner, setOutputs, takeInputs } from '../runner.ts'
import { runStep } from './step.ts'
import { inputFacts, surroundings } from './surroundings.ts'

await runStep(async (report: Runner) => {
  const raw = takeInputs(process.env)
  const read = readInputs(raw, inputFacts(surroundings(process.env), 'action'))
  if (read.inputs.login) maskSecret(read.inputs.login.username, read.inputs.login.password)
  const plan = await makePlan(read, inputFacts(surroundings(process.env), 'action'))
  for (const line of planLines(plan)) report.info(line)
  setOutputs({ plan: planText(plan) })
})
