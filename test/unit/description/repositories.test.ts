import { describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { activeRepositories, repositoryProblems } from '../../../src/description/repositories.ts'
import { fixture } from './described.ts'

const profiled = async () => readDescription(await findDescription(fixture('profiles')))

describe('the repositories of a build', () => {
  it.each([
    [[], 'x86_64', ['https://example.org/x86', 'obs://project/standard']],
    [[], 'aarch64', ['obs://project/standard']],
    [['live'], 'x86_64', ['https://example.org/x86', 'obsrepositories:/']],
    [['common'], 'ppc64le', []],
  ])('for the profiles %j on %s are %j', async (profiles, architecture, uris) => {
    const active = activeRepositories(await profiled(), profiles, architecture)
    expect(active.map((repository) => repository.uri)).toEqual(uris)
  })

  it('need the input where obsrepositories:/ stands and no apt installs', async () => {
    const choice = { profiles: ['live'], architecture: 'x86_64', packageManager: 'zypper', repositories: [] }
    const problems = repositoryProblems(await profiled(), choice)
    expect(problems).toEqual([
      {
        where: 'appliance.kiwi:41',
        text: 'obsrepositories:/ is unknown to zypper outside of the build service: name them in the input repositories',
        file: fixture('profiles/appliance.kiwi'),
        line: 41,
      },
    ])
  })

  it.each([
    ['with the input', { repositories: ['https://example.org'] }],
    ['with apt', { packageManager: 'apt' }],
    ['for profiles that do not use it', { profiles: [] }],
  ])('have no problem %s', async (_, part) => {
    const choice = { profiles: ['live'], architecture: 'x86_64', packageManager: 'dnf5', repositories: [], ...part }
    expect(repositoryProblems(await profiled(), choice)).toEqual([])
  })
})
