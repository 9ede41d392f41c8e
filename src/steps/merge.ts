import { readMergeInputs } from '../inputs/mergeinputs.ts'
import { MERGE_NAMES } from '../inputs/raw.ts'
import { mergePlan } from '../plan/merging.ts'
import { maskSecret, setOutputs, takeInputs } from '../runner.ts'
import { runMerge } from './mergejob.ts'
import { runStep } from './step.ts'
import { stepFolders } from './stepfolders.ts'
import { inputFacts, surroundings } from './surroundings.ts'

/** The only entry of merge/action.yml: from what several jobs pushed by digest to one tag for all platforms. */
await runStep(async (report, signal) => {
  const around = surroundings(process.env)
  const given = takeInputs(process.env, MERGE_NAMES)
  const { inputs, problems } = readMergeInputs(given.raw, inputFacts(around, 'action'))
  if (inputs.login) maskSecret(inputs.login.username, inputs.login.password)
  const plan = mergePlan({ inputs, problems: [...given.problems, ...problems] })
  await using folders = await stepFolders(around)
  await runMerge({
    plan,
    inputs,
    around,
    report,
    signal,
    ...folders.keeping,
    // What was reached before a failure is true and stays so.
    onProgress: ({ digest, image, tags }) => setOutputs({ digest, image, tags: tags.join('\n') }),
  })
})
