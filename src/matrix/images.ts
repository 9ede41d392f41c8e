import { HostError } from '../errors.ts'
import { isDigest } from '../oci/digest.ts'
import { handedOver } from '../plan/handover.ts'
import type { MatrixJob } from './matrixjob.ts'

/**
 * What the jobs pushed, as `REPOSITORY@DIGEST`, in their order.
 *
 * @param outputs of all these jobs together, as JSON: `digest-SLOT` for each
 * @throws InputError when they are no JSON object; HostError naming the platforms without a digest: the runner holds an output back that looks like a secret, and
 * jobs that are run again may not find those of the first time (runner: JobExtension.cs)
 */
export function pushedImages(jobs: readonly MatrixJob[], repository: string, outputs: string): readonly string[] {
  const digests = handedOver('digests', outputs)
  const found = jobs.map(({ slot, platform }) => ({ platform, digest: textOf(digests[`digest-${slot}`]) }))
  const missing = found.filter(({ digest }) => !isDigest(digest)).map(({ platform }) => platform)
  if (missing.length > 0) {
    throw new HostError(
      'host-handover',
      `the digest of ${missing.join(' and ')} did not come here`,
      'run all jobs of the workflow again',
    )
  }
  return found.map(({ digest }) => `${repository}@${digest}`)
}

function textOf(value: unknown): string {
  return typeof value === 'string' ? value : ''
}
