import { describe, expect, it } from 'vitest'
import { InputError } from '../../../src/errors.ts'
import { pushedImages } from '../../../src/matrix/images.ts'
import { readMatrix } from '../../../src/matrix/matrixjob.ts'
import { coded } from '../../support/coded.ts'
import { sha256 } from '../oci/samplebase.ts'

const { jobs } = readMatrix('linux/amd64,linux/arm64')
const [amd64, arm64] = [sha256('amd64'), sha256('arm64')]
const imagesOf = (outputs: unknown) => pushedImages(jobs, 'ghcr.io/acme/disk', JSON.stringify(outputs))

describe('what all jobs pushed', () => {
  it('are their digests in the repository, in the order of the platforms', () => {
    expect(imagesOf({ 'digest-1': arm64, 'digest-0': amd64 })).toEqual([
      `ghcr.io/acme/disk@${amd64}`,
      `ghcr.io/acme/disk@${arm64}`,
    ])
  })

  it.each([[{}], [{ 'digest-0': '', 'digest-1': 'sha256:1' }]])('is told as missing in %j', (outputs) => {
    expect(() => imagesOf(outputs)).toThrow(
      'the digest of linux/amd64 and linux/arm64 did not come here: run all jobs of the workflow again',
    )
  })

  it('is told as missing for one platform, and the others are not taken alone', () => {
    expect(() => imagesOf({ 'digest-0': amd64 })).toThrow(
      coded('host-handover', 'the digest of linux/arm64 did not come here'),
    )
  })

  it.each(['', 'null', '[]', 'sha256:1', '{"digest-0":'])('is refused where it came as %j', (outputs) => {
    expect(() => pushedImages(jobs, 'ghcr.io/acme/disk', outputs)).toThrow(InputError)
  })
})
