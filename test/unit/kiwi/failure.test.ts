import { describe, expect, it } from 'vitest'
import { failureReason, spaceLack, usageProblem } from '../../../src/kiwi/failure.ts'

describe('the reason of a failure', () => {
  it('is KIWI’s own line', () => {
    const line = 'KiwiScriptFailed: config.sh failed with: ls: cannot access /x'
    expect(failureReason([[line]])).toBe(line)
  })

  it('is the line of the program that tells, where KIWI prints all it said', () => {
    const record = [
      'KiwiInstallPhaseFailed: System package installation failed: debconf: delaying package configuration',
      'E: Can not write log (Is /dev/pts mounted?) - posix_openpt (19: No such device)',
      'dpkg: error processing archive /a.deb (--unpack):',
      'E: Sub-process /usr/bin/dpkg returned an error code (1)',
    ]
    expect(failureReason([record])).toBe(
      'KiwiInstallPhaseFailed: System package installation failed: dpkg: error processing archive /a.deb (--unpack):',
    )
  })

  it('names the key that is missing', () => {
    const line =
      'KiwiDebianBootstrapError: KiwiCommandError: apt-get: stderr: W: GPG error: x: NO_PUBKEY 6ED0E7B82643E131'
    expect(failureReason([[line, 'E: The repository is not signed.']])).toBe(line)
  })

  it('is the first exception of a traceback, not what came up while it was handled', () => {
    const traceback = [
      'Unexpected error:',
      'Traceback (most recent call last):',
      '  File "a.py", line 1, in run',
      'OSError: [Errno 28] No space left on device',
      'During handling of the above exception, another exception occurred:',
      'OSError: [Errno 16] Device or resource busy',
    ]
    expect(failureReason([traceback])).toBe('OSError: [Errno 28] No space left on device')
  })

  it('is KIWI’s own line also where a traceback follows it', () => {
    expect(failureReason([['KiwiMountError: x'], ['Unexpected error:', 'OSError: y']])).toBe('KiwiMountError: x')
  })

  it('is the paragraph in which KIWI explains a check of its own', () => {
    const lines = ['KiwiRuntimeError: ', '', 'Required dracut module package missing', '', 'Add the following', '']
    expect(failureReason([lines])).toBe('KiwiRuntimeError: Required dracut module package missing Add the following')
  })

  it('is unknown without an error', () => {
    expect(failureReason([])).toBeUndefined()
  })
})

describe('a lack of space', () => {
  it.each([
    ['tar: ./usr: Cannot write: No space left on device', 'machine'],
    ['OSError: [Errno 28] nothing', 'machine'],
    ['rsync: [receiver] write failed on "/w/tmp/kiwi_mount_manager.x/usr/y": No space left on device (28)', 'disk'],
    ['E: Unable to locate package x', undefined],
  ])('is told from others: %s', (line, where) => {
    expect(spaceLack(line)).toBe(where)
  })
})

describe('arguments that a KIWI does not know', () => {
  it('are named by KIWI 10 and later', () => {
    const lines = ['Usage: kiwi-ng [OPTIONS]', '╭─ Error ──╮', '│ No such option: --nonsense      │', '╰──╯']
    expect(usageProblem(lines)).toBe('KIWI says: No such option: --nonsense')
  })

  it('make KIWI 9 print its usage', () => {
    expect(usageProblem(['usage: kiwi-ng [global options] service <command> [<args>]'])).toContain('does not know one')
  })

  it('are not the reason of other failures', () => {
    expect(usageProblem(['something else'])).toBeUndefined()
  })
})
