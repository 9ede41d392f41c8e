import { maskUriPassword, Runner } from '../runner.ts'
import { cancelAtSignals, endOfJob } from './canceling.ts'
import { proxyVariables } from './proxies.ts'

/** What is left of a job after a bug of ours has this long to clean up: more than KIWI needs to end. */
const LAST_MILLISECONDS = 60_000

/**
 * Runs the main of a step: a cancel (SIGINT, then SIGTERM by the runner) aborts the signal, an error ends in one clear
 * line, its detail and an exit code.
 */
export async function runStep(
  main: (report: Runner, signal: AbortSignal) => Promise<void>,
  lastMilliseconds = LAST_MILLISECONDS,
): Promise<void> {
  const report = new Runner()
  const controller = new AbortController()
  cancelAtSignals(controller)
  for (const address of Object.values(proxyVariables(process.env))) maskUriPassword(address)
  // Node would print it as it is, and what it quotes of others could command the runner.
  process.on('uncaughtException', (error) => {
    process.exitCode = report.error(error)
    controller.abort()
    // What was waited for may never come now, while what looks after our folders keeps us; it removes them then.
    setTimeout(() => process.exit(), lastMilliseconds).unref()
  })
  try {
    await main(report, controller.signal)
    report.endGroup()
  } catch (error) {
    process.exitCode = report.error(await endOfJob(error, controller.signal))
  }
}
