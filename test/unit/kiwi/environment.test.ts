import { expect, it } from 'vitest'
import { kiwiEnvironment } from '../../../src/kiwi/environment.ts'

const about = { kiwi: '/opt/kiwi/path/kiwi-ng', workFolder: '/w', offered: {} }

it('nothing of ours reaches KIWI but proxies and the epoch', () => {
  const offered = {
    https_proxy: 'http://proxy:3128',
    NO_PROXY: 'localhost',
    SOURCE_DATE_EPOCH: '1700000000',
    GITHUB_TOKEN: 'secret',
    ACTIONS_RUNTIME_TOKEN: 'secret',
    INPUT_PASSWORD: 'secret',
    LD_PRELOAD: '/x.so',
  }
  const environment = kiwiEnvironment({ ...about, offered })
  expect(Object.keys(environment).sort()).toEqual(
    ['HOME', 'LANG', 'NO_PROXY', 'PATH', 'SOURCE_DATE_EPOCH', 'https_proxy'].sort(),
  )
})

it('the path begins with our shims and KIWI’s own folder, and has the folders of root', () => {
  expect(kiwiEnvironment(about)['PATH']).toBe(
    '/w/bin:/opt/kiwi/path:/usr/local/sbin:/usr/local/bin:/usr/sbin:/usr/bin:/sbin:/bin',
  )
})

it('the path names each folder once where KIWI is the machine’s own', () => {
  const path = kiwiEnvironment({ ...about, kiwi: '/usr/bin/kiwi-ng' })['PATH']?.split(':') ?? []
  expect(new Set(path).size).toBe(path.length)
})

it('apt is told of a configuration for the build', () => {
  expect(kiwiEnvironment({ ...about, aptConfiguration: '/c/apt.conf' })['APT_CONFIG']).toBe('/c/apt.conf')
})
