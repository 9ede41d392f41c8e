import { dirname } from 'node:path'
import { InputError } from '../errors.ts'
import { readDistribution } from '../host/distribution.ts'
import { readInputs } from '../inputs/inputs.ts'
import { thisJob } from '../job/holder.ts'
import { hostFacts, usualHostFacts } from '../job/hostfacts.ts'
import { buildLacks } from '../job/space.ts'
import { readyTools } from '../job/tools.ts'
import { makePlan } from '../plan/planning.ts'
import { parsePlan } from '../plan/plantext.ts'
import { addPath, setOutputs, takeInputs, takeValue } from '../runner.ts'
import { sweep } from './buildjob.ts'
import { jobShelf } from './localshelf.ts'
import { plannedMirrors } from './mirrors.ts'
import { kiwiShelf } from './shelf.ts'
import { runStep } from './step.ts'
import { stepFolders } from './stepfolders.ts'
import { inputFacts, surroundings } from './surroundings.ts'

/** What a distribution's own descriptions are built with. */
const PACKAGE_MANAGERS = { debian: 'apt', fedora: 'dnf5', suse: 'zypper' } as const

await runStep(async (report, signal) => {
  const around = surroundings(process.env)
  const mirrors = await plannedMirrors(around)
  const planned = takeValue(process.env, 'plan')
  const facts = inputFacts(around, 'action')
  const given = takeInputs(process.env)
  const { inputs, problems } = readInputs(given.raw, facts)
  const read = { inputs, problems: [...given.problems, ...problems] }
  const plan = planned === '' ? undefined : parsePlan(planned)
  if (plan === undefined && inputs.description === undefined && problems.length > 0) throw new InputError(read.problems)
  const since = Date.now()
  const described = plan ?? (read.inputs.description === undefined ? undefined : await makePlan(read, facts))
  const { cache, installTools } = plan ?? read.inputs
  // The runner empties its temp after the job, and the steps that follow still find it there.
  const keeping = { holder: await thisJob(around.runnerJob), keep: () => {} }
  // What the step started ends with it.
  await using _guardian = await stepFolders(around)
  if (described !== undefined) await sweep(described, { around, report, ...keeping })
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
    shelf: cache ? kiwiShelf(around, report) : jobShelf(around.temp, keeping),
    ...(described ? { lacks: await buildLacks(described, described.workDirectory ?? around.temp) } : {}),
    nowSeconds: Date.now() / 1000,
    report,
    signal,
    ...keeping,
  })
  // A folder that is searched already keeps its place: others may stand before it on purpose.
  const folder = kiwi === undefined ? undefined : dirname(kiwi.path)
  if (folder !== undefined && !around.searchPath.split(':').includes(folder)) addPath(folder)
  setOutputs({
    seconds: String((Date.now() - since) / 1000),
    kiwi: kiwi?.path ?? '',
    'kiwi-version': kiwi?.version ?? '',
  })
})
