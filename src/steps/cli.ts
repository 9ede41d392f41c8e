#!/usr/bin/env node
import { dirname, resolve } from 'node:path'
import { addAbortSignal } from 'node:stream'
import { text } from 'node:stream/consumers'
import manifest from '../../package.json' with { type: 'json' }
import { describeError, HostError, HostErrors, lacksSpace, ProblemsError, RegistryError } from '../errors.ts'
import { type CommandLine, helpText, parseArguments } from '../inputs/arguments.ts'
import { asFlags } from '../inputs/flagwords.ts'
import { readInputs } from '../inputs/inputs.ts'
import { readMergeInputs } from '../inputs/mergeinputs.ts'
import { thisProcess } from '../job/holder.ts'
import { hostFacts } from '../job/hostfacts.ts'
import { exportFolders, publishImage } from '../job/publish.ts'
import { type Built, metadataText, type Published, UNPUBLISHED } from '../job/result.ts'
import { buildLacks } from '../job/space.ts'
import { Stopwatch } from '../job/stopwatch.ts'
import { readyTools } from '../job/tools.ts'
import { disown, type FolderKeeping, removeFolders } from '../job/workfolder.ts'
import { isLayoutOnly } from '../plan/kindtargets.ts'
import { planLines } from '../plan/lines.ts'
import { mergePlan } from '../plan/merging.ts'
import type { Plan } from '../plan/plan.ts'
import { makePlan } from '../plan/planning.ts'
import type { Access } from '../registry/access.ts'
import { Terminal } from '../terminal.ts'
import { runBuild, sweep } from './buildjob.ts'
import { cancelAtSignals, endOfJob } from './canceling.ts'
import { type Guardian, startGuardian } from './guardian.ts'
import { jobShelf, localShelf } from './localshelf.ts'
import { withAccess } from './logins.ts'
import { runMerge } from './mergejob.ts'
import { checkMetadataPlace, metadataProblems, writeMetadata } from './metadatafile.ts'
import { plannedMirrors } from './mirrors.ts'
import { inputFacts, type Surroundings, surroundings } from './surroundings.ts'

const terminal = new Terminal(process.stderr, () => Date.now())

/** The command line: all steps of the action in one process. The digest alone goes to standard output. */
async function main(): Promise<void> {
  const line = parseArguments(process.argv.slice(2))
  if (line.help || line.version) {
    process.stdout.write(`${line.help ? helpText(line.command) : manifest.version}\n`)
    return
  }
  // Whoever looked may be gone (a closed terminal, a broken pipe); the work goes on to its end, cleaning up among it.
  process.stderr.on('error', () => {})
  process.stdout.on('error', (error) => {
    // The digest is the result: who cannot be told it must not take the job for done.
    process.exitCode = 1
    const lack = 'no space is left where standard output is written to, so the digest is not there'
    if (lacksSpace(error)) showError(new HostError('host-space', lack, 'free some, and run the job again'))
  })
  const canceling = new AbortController()
  cancelAtSignals(canceling)
  const around = surroundings(process.env)
  const folders = new Set<string>()
  await using guardian = await startGuardian(around)
  try {
    const keep = (folder: string) => {
      guardian.watch(folder)
      folders.add(folder)
    }
    const leave = async (folder: string) => {
      await disown(folder)
      guardian.forget(folder)
      folders.delete(folder)
    }
    const holder = await thisProcess()
    const running = { terminal, guardian, signal: canceling.signal, holder, keep, leave }
    const digest = await runJob(line, around, running)
    process.stdout.write(`${digest}\n`)
  } catch (error) {
    showError(await endOfJob(error, canceling.signal))
  } finally {
    await removeFolders([...folders], around, terminal)
  }
}

interface Running extends FolderKeeping {
  readonly terminal: Terminal
  readonly guardian: Guardian
  readonly signal: AbortSignal
  /** A folder that `keep` was told of stays although the job is over. */
  readonly leave: (folder: string) => Promise<void>
}

/** @returns the digest */
async function runJob(line: CommandLine, around: Surroundings, running: Running): Promise<string> {
  const { terminal: report, signal } = running
  const facts = inputFacts(around, 'command line')
  const password = await givenPassword(line, signal)
  const raw = password === undefined ? line.raw : new Map([...line.raw, ['password', [password]] as const])
  if (line.command === 'merge') return await runMergeJob({ ...line, raw }, around, running)
  const { inputs, problems } = readInputs(raw, facts)
  const ours = [...line.problems, ...(await metadataProblems(line.metadataFile)), ...problems]
  const plan = await makePlan({ inputs, problems: ours }, facts)
  await checkMetadataPlace(line.metadataFile, plan)
  const inside = [...exportFolders(plan), dirname(resolve(line.metadataFile ?? '.'))]
  running.guardian.watchInside(inside)
  for (const each of planLines(plan)) report.info(asFlags(each))
  const { push, pushByDigest, exports, workDirectory } = plan
  if (!push && pushByDigest === undefined && exports.length === 0 && workDirectory === undefined) {
    const ways = isLayoutOnly(plan.kinds) ? '--export oci:DIR' : '--export, --push'
    report.warning(`nothing will be kept of the image: add ${ways} or --work-dir`)
  }
  await sweep(plan, { around, report, ...running })
  const forThisJob = jobShelf(around.temp, running)
  const kiwi = await readyTools({
    facts: hostFacts(plan, around.architecture, await plannedMirrors(around)),
    installs: plan.installTools,
    searchPath: around.searchPath,
    temp: around.temp,
    shelf: plan.cache ? localShelf(around.cacheFolder, report, forThisJob) : forThisJob,
    lacks: await buildLacks(plan, plan.workDirectory ?? around.temp),
    nowSeconds: Date.now() / 1000,
    ...running,
    report,
  })
  const step = { plan, inputs, around, ...running, report, inside, phases: [] }
  const built = await runBuild({ ...step, ...(kiwi ? { kiwi } : {}) })
  const publishStep = { ...step, tmpFolder: built.workFolder }
  await publish(plan, built, (use) => withAccess(plan, inputs, around, publishStep, use), line, running)
  return built.digest
}

/** Under a given work-dir the image stays, also where a registry does not take it. */
async function publish(
  plan: Plan,
  built: Built,
  withLogin: (use: (access: Access) => Promise<unknown>) => Promise<unknown>,
  { metadataFile }: CommandLine,
  { terminal: report, signal, leave }: Running,
): Promise<void> {
  const stays = plan.workDirectory !== undefined
  if (stays) report.info(`Layout: ${built.layout}`)
  let published: Published = UNPUBLISHED
  try {
    const onProgress = (now: Published) => {
      published = now
    }
    const stopwatch = new Stopwatch(() => Date.now())
    await withLogin((access) => publishImage({ plan, built, access, report, stopwatch, onProgress }))
  } catch (error) {
    const told = await endOfJob(error, signal)
    if (stays && isOfRegistry(told) && !signal.aborted) {
      await leave(built.workFolder).then(
        () => report.info(`the image stays in ${built.layout}, from where skopeo can copy it`),
        (reason: unknown) => report.warning(`the image cannot stay: ${describeError(reason).message}`),
      )
    }
    // The error before is the one to tell.
    await writeMetadata(metadataFile, metadataText(built, published)).catch((reason: unknown) =>
      report.warning(`${metadataFile} could not be written: ${describeError(reason).message}`),
    )
    throw told
  }
  await writeMetadata(metadataFile, metadataText(built, published))
  if (stays) await leave(built.workFolder)
}

async function runMergeJob(
  line: CommandLine,
  around: Surroundings,
  { terminal: report, signal, holder, keep }: Running,
): Promise<string> {
  const { inputs, problems } = readMergeInputs(line.raw, inputFacts(around, 'command line'))
  const plan = mergePlan({ inputs, problems: [...line.problems, ...problems] })
  const { digest } = await runMerge({ plan, inputs, around, report, signal, holder, keep, onProgress: () => {} })
  return digest
}

async function givenPassword(line: CommandLine, signal: AbortSignal): Promise<string | undefined> {
  const password = process.env['KIWI_OCI_PASSWORD']
  // Programs that we start have no use for it.
  delete process.env['KIWI_OCI_PASSWORD']
  if (!line.passwordFromStdin) return password
  return (await text(addAbortSignal(signal, process.stdin))).replace(/\r?\n$/, '')
}

/** A full disk is to be emptied, and no place for an image to stay. */
function isOfRegistry(error: unknown): boolean {
  return error instanceof RegistryError && error.code !== 'registry-space'
}

function showError(error: unknown): void {
  terminal.endGroup()
  const { code, message, detail, exitCode } = describeError(error)
  if (error instanceof HostErrors) for (const lack of error.lacks) terminal.error(lack.code, asFlags(lack.message))
  else if (error instanceof ProblemsError) for (const each of message.split('\n')) terminal.error(code, asFlags(each))
  else terminal.error(code, asFlags(message))
  for (const each of detail) terminal.output(each)
  process.exitCode = exitCode
}

await main().catch(showError)
