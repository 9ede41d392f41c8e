import type { Problem } from '../errors.ts'
import { type Platform, parsePlatform, platformKey, platformText } from '../oci/platform.ts'

/** What one job of the reusable workflow makes: the image for one platform. */
export interface MatrixJob {
  /** From 0; the output `digest-SLOT` is what this one pushed. */
  readonly slot: number
  /** `os/architecture[/variant]` in Go's words. */
  readonly platform: string
  /** Labels that the machine of the job has to have, all of them. */
  readonly runner: readonly string[]
}

/** The job has that many outputs `digest-SLOT`: GitHub takes no names that only the run knows. */
export const MATRIX_LIMIT = 10

/** GitHub's own machines; docs.github.com, "GitHub-hosted runners reference". */
const HOSTED: ReadonlyMap<string, string> = new Map([
  ['amd64', 'ubuntu-24.04'],
  ['arm64', 'ubuntu-24.04-arm'],
])

/** The forms of an entry, for messages. */
const FORM = 'PLATFORM or PLATFORM=LABEL[,LABEL]'

/**
 * The jobs that the input `platforms` asks for: `PLATFORM[=LABEL[,LABEL…]]` a line; a line without labels may hold
 * several platforms with commas between them, as docker's actions have it.
 */
export function readMatrix(text: string): {
  readonly jobs: readonly MatrixJob[]
  readonly problems: readonly Problem[]
} {
  const problems: string[] = []
  const jobs: (MatrixJob & { readonly parsed: Platform })[] = []
  for (const entry of entriesOf(text)) {
    const read = readEntry(entry)
    if (typeof read === 'string') {
      problems.push(read)
      continue
    }
    const twin = jobs.find(({ parsed }) => platformKey(parsed) === platformKey(read.parsed))
    if (twin === undefined) jobs.push({ slot: jobs.length, ...read })
    else problems.push(`${read.platform} and ${twin.platform} are one platform: leave one of them out`)
  }
  if (jobs.length === 0 && problems.length === 0) problems.push(`names no platform: write ${FORM}, one a line`)
  if (jobs.length > MATRIX_LIMIT) problems.push(`${jobs.length} platforms are too many: name at most ${MATRIX_LIMIT}`)
  return {
    jobs: jobs.map(({ slot, platform, runner }) => ({ slot, platform, runner })),
    problems: problems.map((problem) => ({ where: 'input platforms', text: problem })),
  }
}

/** A text of the workflow with the platform's architecture in it. */
export function textForPlatform(text: string, { architecture }: Platform): string {
  return text.replaceAll('{arch}', architecture)
}

function entriesOf(text: string): readonly string[] {
  const lines = text.split('\n').flatMap((line) => (line.includes('=') ? [line] : line.split(',')))
  return lines.map((line) => line.trim()).filter((line) => line !== '')
}

/** @returns the job, or what is wrong with the entry */
function readEntry(entry: string): (Omit<MatrixJob, 'slot'> & { readonly parsed: Platform }) | string {
  const [name = '', labels] = entry.split(/=(.*)/s).map((each) => each.trim())
  const parsed = parsePlatform(name)
  if (parsed === undefined) return `'${name}' is no platform: write one like linux/amd64 or linux/arm64`
  const platform = platformText(parsed)
  if (labels === undefined) {
    const hosted = parsed.os === 'linux' ? HOSTED.get(parsed.architecture) : undefined
    if (hosted === undefined) return `${platform} has no machine of GitHub's own: write ${platform}=LABEL[,LABEL]`
    return { parsed, platform, runner: [hosted] }
  }
  const runner = labels.split(',').map((label) => label.trim())
  if (runner.includes('')) return `'${entry}' lacks a label: write ${platform}=LABEL[,LABEL]`
  // A job that waits for a machine with such a label waits for a day.
  const other = runner.find((label) => parsePlatform(label.split('=')[0]?.trim() ?? '') !== undefined)
  if (other !== undefined) return `${other} stands among the labels of ${platform}: write it in a line of its own`
  return { parsed, platform, runner }
}
