import { describe, expect, it } from 'vitest'
import { checkArguments, kiwiArguments, reservedArguments } from '../../../src/kiwi/arguments.ts'

const build = {
  type: 'oem',
  profiles: ['Cloud', 'Small'],
  description: '/w/description',
  target: '/w/target',
  sharedCache: '/w/cache',
  temp: '/w/tmp',
  logFile: '/w/kiwi.log',
  globalArguments: ['--debug', '--target-arch', 'aarch64'],
  buildArguments: ['--add-package=vim'],
}

describe('the arguments of a build', () => {
  it('put global ones before and all others after the command', () => {
    expect(kiwiArguments(build)).toEqual([
      ...['--type=oem', '--profile=Cloud', '--profile=Small'],
      ...['--shared-cache-dir=/w/cache', '--temp-dir=/w/tmp', '--logfile=/w/kiwi.log'],
      ...['--debug', '--target-arch', 'aarch64'],
      ...['system', 'build', '--description=/w/description', '--target-dir=/w/target', '--add-package=vim'],
    ])
  })

  it('leave the type to KIWI where none is asked for', () => {
    const { type: _, ...untyped } = build
    expect(kiwiArguments(untyped)[0]).toBe('--profile=Cloud')
  })

  it('of the check before it have no cache, which KIWI 9 does not know there', () => {
    expect(checkArguments(build, '/d', '/t')).toEqual([
      ...['--type=oem', '--profile=Cloud', '--profile=Small', '--temp-dir=/t', '--debug', '--target-arch', 'aarch64'],
      ...['image', 'info', '--description=/d'],
    ])
  })
})

describe('arguments of the user', () => {
  it.each([
    ['--description=/x', '--description is set by kiwi-oci: use the input description'],
    ['--target-dir', '--target-dir is set by kiwi-oci: name another place with the input work-dir'],
    ['--type=oem', '--type is set by kiwi-oci: use the input type'],
    ['--profile', '--profile is set by kiwi-oci: use the input profiles'],
    [
      '--set-container-derived-from=x',
      '--set-container-derived-from does not reach the image: use the input base-image',
    ],
    ['--add-container-label=a=b', '--add-container-label does not reach the image: use the input labels'],
    ['--set-type-attr=format=vmdk', '--set-type-attr format=… is set by kiwi-oci: use the input format'],
    ['--version', '--version builds nothing: leave it out'],
    ['-h', '-h builds nothing: leave it out'],
    ['--', "'--' is no argument of KIWI: leave it out"],
  ])('%s is refused, and what to use instead is said', (argument, problem) => {
    expect(reservedArguments([argument])).toEqual([problem])
  })

  it.each(['--desc=/x', '--targ', '--log=x', '--prof'])('%s is refused as what KIWI 9 takes it for', (argument) => {
    expect(reservedArguments([argument])).toHaveLength(1)
  })

  it('that set the format of the type are refused in two entries as well', () => {
    expect(reservedArguments(['--set-type-attr', 'format=qcow2'])).toEqual([
      '--set-type-attr format=… is set by kiwi-oci: use the input format',
    ])
  })

  it('that are the user’s to set pass', () => {
    const fine = ['--debug', '--target-arch', 'x86_64', '--set-repo=http://x,rpm-md', '--ignore-repos', '--clear-cache']
    expect(reservedArguments([...fine, '--set-type-attr=luks=x', '--setenv', 'A=--type', 'vim'])).toEqual([])
  })

  it('are all refused at once', () => {
    expect(reservedArguments(['--type=a', '--debug', '--help'])).toHaveLength(2)
  })
})
