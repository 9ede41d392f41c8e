import { expect, it } from 'vitest'
import { aptConfigurationFile, savingsText } from '../../../src/kiwi/savings.ts'

const apt = { packageManager: 'apt', replacesInitrd: true }

it('apt alone is told of a configuration, where the root tree sees it', () => {
  expect(aptConfigurationFile(apt, '/c')).toEqual({ aptConfiguration: '/c/kiwi-oci/apt.conf' })
  expect(aptConfigurationFile({ ...apt, packageManager: 'dnf5' }, '/c')).toEqual({})
  expect(aptConfigurationFile(undefined, '/c')).toEqual({})
})

it('what is left out is said in one line', () => {
  expect(savingsText(apt)).toMatch(/^fast-build leaves out [^\n]*: initrds before that of KIWI, .*reports/)
  expect(savingsText({ ...apt, replacesInitrd: false })).toContain('all initrds of packages but the last, ')
  expect(savingsText({ packageManager: 'zypper', replacesInitrd: false })).toMatch(/: reports about packages$/)
})
