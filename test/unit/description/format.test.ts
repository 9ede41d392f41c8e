import { describe, expect, it } from 'vitest'
import { formatReading } from '../../../src/description/format.ts'

const FORMATS = ['qcow2', 'raw', 'vmdk', 'vdi', 'vhd', 'vhdx', 'vhd-fixed', 'gce', 'ova']
const TRANSPORTS = ['oci', 'oci-archive', 'docker-archive', 'dir', 'docker-daemon', 'containers-storage', 'docker']

const problemOf = (text: string) => {
  const reading = formatReading(text)
  return reading.kind === 'written' ? undefined : reading.problem
}

describe('the attribute format', () => {
  it.each(FORMATS)('%s is a disk alone, in the archives of KIWI, and with each transport', (diskFormat) => {
    const written = { kind: 'written', diskFormat }
    expect(formatReading(diskFormat)).toEqual(written)
    expect(formatReading(`oci:${diskFormat}`)).toEqual({ ...written, archive: 'oci-archive' })
    expect(formatReading(`docker:${diskFormat}`)).toEqual({ ...written, archive: 'docker-archive' })
    for (const archive of TRANSPORTS) {
      expect(formatReading(`oci:${diskFormat}:${archive}`)).toEqual({ ...written, archive })
    }
  })

  it('may have white space around it, as KIWI takes it', () => {
    expect(formatReading('\n oci:raw ')).toEqual({
      kind: 'written',
      diskFormat: 'raw',
      archive: 'oci-archive',
    })
  })

  it.each([
    ['qcow', 'did you mean qcow2? "qcow" is no disk format: write '],
    ['QCOW2', 'did you mean qcow2? "QCOW2" is no disk format: write '],
    ['vhdfixed', 'did you mean vhd-fixed? '],
    ['docker:vhdxx', 'did you mean vhdx? '],
    ['oci:rae', 'did you mean raw? '],
    ['', '"" is no disk format: write qcow2, raw, vmdk, vdi, vhd, vhdx, vhd-fixed, gce or ova'],
    ['oci:', '"" is no disk format: write '],
    ['oci:vagrant', '"vagrant" is no disk format: write '],
    ['oci:oci:raw', '"oci" is no disk format: write '],
    ['oci', 'the disk format is missing: write oci:qcow2'],
    ['docker', 'the disk format is missing: write docker:qcow2'],
    ['podman:raw', '"podman" is neither oci nor docker: write oci:raw'],
    ['dockr:vdi', '"dockr" is neither oci nor docker: write docker:vdi'],
    ['raw:oci', '"raw" is neither oci nor docker: write oci:qcow2'],
    [
      'oci:raw:',
      '"" is no transport: write oci, oci-archive, docker-archive, dir, docker-daemon, containers-storage or docker',
    ],
    ['oci:raw:docker-demon', 'did you mean docker-daemon? '],
    ['oci:raw:tarball', '"tarball" is no transport: write '],
    ['docker:raw:dir', 'three parts begin with oci: write oci:raw:dir'],
    ['oci:raw:dir:x', 'it has 4 parts: write oci:raw:TRANSPORT at most'],
  ])('%j is refused with the words that are known', (text, reason) => {
    expect(formatReading(text).kind).toBe('unknown')
    expect(problemOf(text)).toContain(`format="${text}" is not known: ${reason}`)
  })
})
