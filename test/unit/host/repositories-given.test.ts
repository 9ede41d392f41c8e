import { expect, it } from 'vitest'
import { givenRepositories, givenRepository } from '../../../src/host/given-repository.ts'
import { ask, DEBIAN_KEYRING, debian, UBUNTU_KEYRING } from './repositoryquestion.ts'

it('given lines are taken exactly, in their order, with the keyring that fits', async () => {
  const given = [
    'http://m.example.org/ubuntu noble-updates main universe',
    'http://mirror.example.org/debian bookworm',
    'https://flat.example.org/',
  ]
  const { sources } = await ask({ given, sources: await debian(), element: { imageInclude: true } })
  expect(sources).toEqual([
    {
      uri: 'http://m.example.org/ubuntu',
      distribution: 'noble-updates',
      components: ['main', 'universe'],
      keyrings: [UBUNTU_KEYRING],
      imageInclude: true,
    },
    {
      uri: 'http://mirror.example.org/debian',
      distribution: 'bookworm',
      keyrings: [DEBIAN_KEYRING],
      imageInclude: true,
    },
    { uri: 'https://flat.example.org/', keyrings: [], imageInclude: true },
  ])
})

it('ARM gets the other public mirror of Ubuntu', async () => {
  const { sources } = await ask({ element: { distribution: 'noble' }, architecture: 'aarch64' })
  expect(sources.at(-1)).toMatchObject({
    uri: 'http://ports.ubuntu.com/ubuntu-ports',
    components: ['main', 'universe'],
  })
})

it.each([
  ['', /a line is empty/],
  ['/srv/repo', /write dir:\/\/\/srv\/repo/],
  ['ftp.example.org/debian bookworm', /is no URI/],
  ['obsrepositories:/', /write a real address/],
])('the line "%s" is refused', (line, problem) => {
  expect(givenRepository(line)).toMatch(problem)
})

it('every wrong line is named at once', () => {
  expect(givenRepositories(['x', 'http://example.org', 'y']).problems.map((problem) => problem.where)).toEqual([
    'input repositories',
    'input repositories',
  ])
})
