/** How the tests of one run of vitest ended. */
export interface Tally {
  readonly passed: number
  /** Failed tests, files that could not be loaded, and the tests of `notRun`. */
  readonly failed: number
  /** Tests that were skipped or are only planned. Nobody would look at them, so they fail. */
  readonly notRun: readonly string[]
}

/** The part of vitest's JSON report that we read. */
interface Report {
  readonly success: boolean
  readonly testResults: readonly {
    readonly name: string
    readonly status: string
    readonly assertionResults: readonly { readonly fullName: string; readonly status: string }[]
  }[]
}

/**
 * @param report text of vitest's JSON report; undefined where it wrote none
 * @param exitCode of vitest: failures that belong to no test, such as an unhandled rejection, show only there
 */
export function tallyOf(report: string | undefined, exitCode: number): Tally {
  if (report === undefined) return { passed: 0, failed: 1, notRun: [] }
  const { testResults } = JSON.parse(report) as Report
  const tests = testResults.flatMap((file) => file.assertionResults)
  const passed = tests.filter((test) => test.status === 'passed').length
  const failedTests = tests.filter((test) => test.status === 'failed').length
  const notRun = tests.filter((test) => !['passed', 'failed'].includes(test.status)).map((test) => test.fullName)
  const brokenFiles = testResults.filter(
    (file) => file.status === 'failed' && !file.assertionResults.some((test) => test.status === 'failed'),
  ).length
  const failed = failedTests + brokenFiles + notRun.length
  const silentlyFailed = failed === 0 && (exitCode !== 0 || tests.length === 0)
  return { passed, failed: silentlyFailed ? 1 : failed, notRun }
}

/** @returns the sum of several runs */
export function total(tallies: readonly Tally[]): Tally {
  return {
    passed: tallies.reduce((sum, tally) => sum + tally.passed, 0),
    failed: tallies.reduce((sum, tally) => sum + tally.failed, 0),
    notRun: tallies.flatMap((tally) => tally.notRun),
  }
}

/** The last line of `npm test`, in the form that a CI reads. */
export function closingLine(tally: Tally): string {
  return `${tally.passed} passed, ${tally.failed} failed`
}
