import { PassThrough } from 'node:stream'
import { expect, it } from 'vitest'
import { Terminal, type TerminalStream } from '../../src/terminal.ts'

function terminal(isTTY: boolean) {
  const stream: TerminalStream = Object.assign(new PassThrough(), { isTTY, columns: 40 })
  let now = 0
  return {
    report: new Terminal(stream, () => now),
    pass: (seconds: number) => {
      now += seconds * 1000
    },
    text: () => String((stream as PassThrough).read() ?? ''),
  }
}

it('writes plain lines where nobody looks', () => {
  const { report, pass, text } = terminal(false)
  report.group('KIWI')
  report.output('[ INFO ] installing')
  pass(12)
  report.endGroup()
  report.warning('careful')
  expect(text()).toBe('KIWI …\n  [ INFO ] installing\nKIWI: 12 s\nwarning: careful\n')
})

it('keeps one live line with phase and time on a terminal', () => {
  const { report, pass, text } = terminal(true)
  report.group('KIWI')
  pass(3)
  report.output('a line that is much longer than the terminal is wide')
  expect(text().split('\r\x1b[K').at(-1)).toBe('KIWI 3 s  a line that is much longer th')
  report.info('done')
  report.endGroup()
})

it('keeps control characters of programs off the terminal', () => {
  const { report, text } = terminal(false)
  report.output('\x1b[2Jgone\x07\r')
  expect(text()).toBe('  gone  \n')
})

it('keeps control characters of names that we quote off the terminal, and letters that run backwards', () => {
  const { report, text } = terminal(false)
  report.info('a\x1b[2Jb\u0085c')
  report.warning('a\u202eb')
  report.error('bug', 'a\rb\nc')
  report.group('a\x07')
  expect(text()).toBe('ab c\nwarning: a b\nerror[bug]: a b c\na  …\n')
})

it('shows what a program printed before it failed, also on a terminal', () => {
  const { report, text } = terminal(true)
  report.group('KIWI')
  report.endGroup()
  report.error('kiwi-failed', 'KIWI failed')
  report.output('the whole log is /tmp/kiwi.log')
  const shown = text()
  expect(shown).toContain('error[kiwi-failed]: KIWI failed\n')
  expect(shown).toContain('the whole log is /tmp/kiwi.log\n')
})
