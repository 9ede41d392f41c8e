import type { Report } from '../../../src/report.ts'

/** Says nothing: what is told is not what a suite looks at. */
export const SILENT: Report = {
  info: () => {},
  warning: () => {},
  output: () => {},
  group: () => {},
  endGroup: () => {},
}
