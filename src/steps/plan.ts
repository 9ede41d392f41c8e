import { readInputs } from '../inputs/inputs.ts'
import { planLines } from '../plan/lines.ts'
import { makePlan } from '../plan/planning.ts'
import { planText } from '../plan/plantext.ts'
import { maskSecret, maskUriPassword, setOutputs, takeInputs } from '../runner.ts'
import { runStep } from './step.ts'
import { inputFacts, surroundings } from './surroundings.ts'

await runStep(async (report) => {
  const given = takeInputs(process.env)
  const facts = inputFacts(surroundings(process.env), 'action')
  const { inputs, problems } = readInputs(given.raw, facts)
  if (inputs.login) maskSecret(inputs.login.username, inputs.login.password)
  for (const line of inputs.repositories) maskUriPassword(line)
  const plan = await makePlan({ inputs, problems: [...given.problems, ...problems] }, facts)
  for (const line of planLines(plan)) report.info(line)
  setOutputs({ plan: planText(plan) })
})
