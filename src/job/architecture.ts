import { diskArchitecture } from '../disk/architecture.ts'
import { InputError } from '../errors.ts'
import { platformText } from '../oci/platform.ts'
import type { Plan } from '../plan/plan.ts'
import type { SourceDisk } from './disk.ts'
import type { Job } from './job.ts'

/**
 * Compares what the disk itself says of its architecture with `platform`: whoever pulls an image by its platform gets
 * another's disk otherwise.
 *
 * @throws InputError for `platform` where the disk is for another; CommandError when it is canceled
 */
export async function checkArchitecture(plan: Plan, disk: SourceDisk, job: Job): Promise<void> {
  const found = await diskArchitecture(disk, job.workFolder, job.signal)
  if (found === undefined) return
  const { platform, source } = plan
  const { architectures, evidence } = found
  if (architectures.includes(platform.architecture)) {
    job.report.info(`Architecture: the disk is for ${platform.architecture} (${evidence})`)
    return
  }
  const [architecture] = architectures
  const [wanted, other] = [platformText(platform), platformText({ os: platform.os, architecture })]
  const [what, wayOut] =
    source.kind === 'disk'
      ? [source.path, `give a disk for ${wanted}`]
      : ['the disk that KIWI built', 'change what the description builds']
  const text = `the image is for ${wanted}, but ${what} is for ${architecture} (${evidence}): set platform to ${other}, or ${wayOut}`
  throw new InputError([{ where: 'input platform', text }])
}
