import { dirname } from 'node:path'
import { readDistribution } from '../host/distribution.ts'
import { readInputs } from '../inputs/inputs.ts'
import { hostFacts, usualHostFacts } from '../job/hostfacts.ts'
import { readyTools } from '../job/tools.ts'
import { parsePlan } from '../plan/plan.ts'
import { makePlan } from '../plan/planning.ts'
import { addPath, setOutputs, takeInputs, takeValue } from '../runner.ts'
import { plannedMirrors } from './mirrors.ts'
import { actionsCache } from './remotecache.ts'
import { kiwiShelf } from './shelf.ts'
import { runStep } from './step.ts'
import { inputFacts, surroundings } from './surroundings.ts'

/** What a distribution's own descriptions are built with. */
const PACKAGE_MANAGERS = { debian: 'apt', fedora: 'dnf5', suse: 'zypper' } as const

await runStep(async (report, signal) => {
  const around = surroundings(process.env)
  const mirrors = await plannedMirrors(around)
  const planned = takeValue(process.env, 'plan')
  const facts = inputFacts(around, 'action')
  const read = readInputs(takeInputs(process.env), facts)
  const plan = planned === '' ? undefined : parsePlan(planned)
  const described = plan ?? (read.inputs.description === undefined ? undefined : await makePlan(read, facts))
  const { cache, installTools } = plan ?? read.inputs
  const kiwi = await readyTools({
    facts: described
      ? hostFacts(described, around.architecture, mirrors)
      : usualHostFacts({
          architecture: around.architecture,
          packageManager: PACKAGE_MANAGERS[(await readDistribution())?.family ?? 'debian'],
          kiwiVersion: read.inputs.kiwiVersion,
        }),
    installs: installTools,
    searchPath: around.searchPath,
    temp: around.temp,
    shelf: kiwiShelf(around, cache && around.hosted ? actionsCache() : undefined, report),
    nowSeconds: Date.now() / 1000,
    report,
    signal,
  })
  if (kiwi) addPath(dirname(kiwi.path))
  setOutputs({ kiwi: kiwi?.path ?? '', 'kiwi-version': kiwi?.version ?? '' })
})
