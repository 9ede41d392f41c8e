import { describe, expect, it } from 'vitest'
import { KiwiLog, logLine, phaseOf } from '../../../src/kiwi/log.ts'
import type { Report } from '../../../src/report.ts'

/** Keeps what is reported, one entry per call. */
function keptReport(): { report: Report; calls: string[] } {
  const calls: string[] = []
  const keep = (kind: string) => (text: string) => calls.push(`${kind} ${text}`)
  const report = {
    info: keep('info'),
    warning: keep('warning'),
    output: keep('output'),
    group: keep('group'),
    endGroup: () => calls.push('end'),
  }
  return { report, calls }
}

/** A clock that goes one second at each look. */
function ticking(): () => number {
  let now = 0
  return () => {
    now += 1000
    return now
  }
}

const at = (message: string, level = 'INFO    ') => `[ ${level}]: 12:00:01 | ${message}`

function read(lines: readonly string[]) {
  const { report, calls } = keptReport()
  const log = new KiwiLog(report, ticking())
  for (const line of lines) log.take(line)
  return { log, calls, phases: log.end() }
}

describe('a line of KIWI', () => {
  it('has a level and a message', () => {
    expect(logLine('[ WARNING ]: 13:05:59 | no | matter')).toEqual({ level: 'WARNING', message: 'no | matter' })
  })

  it('of a traceback belongs to the line before', () => {
    expect(logLine('  File "kiwi.py", line 1')).toBeUndefined()
  })

  it.each([
    ['Installing bootstrap packages', 'Bootstrap'],
    ['Installing system packages (chroot)', 'Packages'],
    ['Installing system (chroot) for build type: oem', 'Packages'],
    ['Calling config.sh script', 'Configuration'],
    ['Creating generic dracut initrd archive', 'Initrd'],
    ['Creating raw disk image /w/x.raw', 'Disk'],
    ['Using package manager backend: apt', undefined],
  ])('may start a phase: %s', (message, title) => {
    expect(phaseOf(message)).toBe(title)
  })
})

describe('the log of a build', () => {
  it('is grouped by phase, each measured', () => {
    const { calls, phases } = read([at('Loading XML description'), at('Installing bootstrap packages'), at('--> x')])
    expect(calls).toEqual([
      'group KIWI: Description',
      `output ${at('Loading XML description')}`,
      'end',
      'group KIWI: Bootstrap',
      `output ${at('Installing bootstrap packages')}`,
      `output ${at('--> x')}`,
      'end',
    ])
    expect(phases).toEqual([
      { title: 'Description', seconds: 1 },
      { title: 'Bootstrap', seconds: 1 },
    ])
  })

  it('does not go back to a phase: an installation ISO makes another initrd', () => {
    const { phases } = read([at('Syncing system to image'), at('Creating generic dracut initrd archive')])
    expect(phases.map(({ title }) => title)).toEqual(['Disk content'])
  })

  it('is shown without progress bars, empty lines and colours', () => {
    const { calls } = read([
      '[ INFO    ]: Processing: [####    ] 50%',
      '',
      '\u001b[3;33m[ WARNING ]: 12:00:01 | x\u001b[0m',
    ])
    expect(calls).toEqual(['output [ WARNING ]: 12:00:01 | x'])
  })

  it('keeps each error with the lines that belong to it', () => {
    const { log } = read([at('A: b', 'ERROR   '), 'more', at('fine'), 'other', at('C: d', 'ERROR   ')])
    expect(log.errors).toEqual([['A: b', 'more'], ['C: d']])
  })

  it('tells how much goes onto the disk', () => {
    expect(read([at('--> system data with filesystem overhead needs 527 MB')]).log.neededMegabytes).toBe(527)
  })
})
