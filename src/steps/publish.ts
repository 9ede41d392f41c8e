import { readInputs } from '../inputs/inputs.ts'
import { parseBuilt } from '../job/builttext.ts'
import { exportFolders, publishImage } from '../job/publish.ts'
import { metadataText, type Published, UNPUBLISHED } from '../job/result.ts'
import { Stopwatch } from '../job/stopwatch.ts'
import { summaryMarkdown } from '../job/summary.ts'
import { parsePlan } from '../plan/plantext.ts'
import { maskSecret, setOutputs, takeInputs, takeValue, writeSummary } from '../runner.ts'
import { withAccess } from './logins.ts'
import { runStep } from './step.ts'
import { stepFolders } from './stepfolders.ts'
import { inputFacts, surroundings } from './surroundings.ts'

await runStep(async (report, signal) => {
  const around = surroundings(process.env)
  const plan = parsePlan(takeValue(process.env, 'plan'))
  const built = parseBuilt(takeValue(process.env, 'built'))
  const { inputs } = readInputs(takeInputs(process.env).raw, inputFacts(around, 'action'))
  if (inputs.login) maskSecret(inputs.login.username, inputs.login.password)
  await using folders = await stepFolders(around, exportFolders(plan))
  const stopwatch = new Stopwatch(() => Date.now())
  let published: Published = UNPUBLISHED
  try {
    const step = { tmpFolder: built.workFolder, report, signal, ...folders.keeping }
    const onProgress = (now: Published) => {
      published = now
    }
    await withAccess(plan, inputs, around, step, (access) =>
      publishImage({ plan, built, access, report, stopwatch, onProgress }),
    )
  } finally {
    // What was reached before a failure is true and stays so.
    setOutputs({ image: published.image, tags: published.tags.join('\n'), metadata: metadataText(built, published) })
    const phases = [...built.phases, ...stopwatch.phases]
    if (plan.summary) await writeSummary(report, summaryMarkdown(plan, { ...built, phases }, published))
  }
})
