import { runCommand } from '../command.ts'
import { HostError } from '../errors.ts'
import { readInputs } from '../inputs/inputs.ts'
import { metadataText, UNPUBLISHED } from '../job/result.ts'
import type { Kiwi } from '../job/tools.ts'
import { kiwiVersionIn } from '../kiwi/version.ts'
import { parsePlan } from '../plan/plantext.ts'
import { maskSecret, setOutputs, takeInputs, takeValue } from '../runner.ts'
import { runBuild } from './buildjob.ts'
import { jobCache } from './remotecache.ts'
import { runStep } from './step.ts'
import { stepFolders } from './stepfolders.ts'
import { inputFacts, surroundings } from './surroundings.ts'

await runStep(async (report, signal) => {
  const around = surroundings(process.env)
  const plan = parsePlan(takeValue(process.env, 'plan'))
  const path = takeValue(process.env, 'kiwi')
  const toolSeconds = secondsIn(takeValue(process.env, 'tool-seconds'))
  const { inputs } = readInputs(takeInputs(process.env).raw, inputFacts(around, 'action'))
  if (inputs.login) maskSecret(inputs.login.username, inputs.login.password)
  const kiwi = path === '' ? undefined : await kiwiAt(path)
  if (plan.source.kind === 'description' && kiwi === undefined) {
    throw new HostError('host-handover', 'no kiwi-ng was handed to the build step', 'run the setup step before it')
  }
  const remote = plan.cache && around.hosted ? jobCache(process.env, report, signal) : undefined
  await using folders = await stepFolders(around)
  const built = await runBuild({
    plan,
    inputs,
    around,
    report,
    signal,
    ...folders.keeping,
    phases: [{ name: 'Tools', seconds: toolSeconds }],
    ...(kiwi ? { kiwi } : {}),
    ...(remote ? { remote } : {}),
  })
  setOutputs({
    built: JSON.stringify(built),
    digest: built.digest,
    layout: built.layout,
    disk: built.disk.file,
    metadata: metadataText(built, UNPUBLISHED),
  })
})

async function kiwiAt(path: string): Promise<Kiwi> {
  const { stdout } = await runCommand(path, ['--version'], { timeoutSeconds: 60 })
  return { path, version: kiwiVersionIn(stdout.toString('utf8')) ?? 'unknown' }
}

/** None where another step than ours handed it over. */
function secondsIn(text: string): number {
  return /^\d{1,9}(\.\d+)?$/.test(text) ? Number(text) : 0
}
