import { describe, expect, it } from 'vitest'
import { InputError } from '../../../src/errors.ts'
import { readMergeInputs } from '../../../src/inputs/mergeinputs.ts'
import { type InputName, rawEntries } from '../../../src/inputs/raw.ts'
import { mergePlan } from '../../../src/plan/merging.ts'

const FACTS = { machine: { os: 'linux', architecture: 'amd64' }, architecture: 'x86_64', installTools: true }
const image = (name: string, digit: number) => `${name}@sha256:${`${digit}`.repeat(64)}`
const [ONE, TWO] = [image('ghcr.io/acme/a', 1), image('ghcr.io/acme/a', 2)]

function plan(texts: Partial<Record<InputName, string>>) {
  const entries = Object.entries(texts) as [InputName, string][]
  return mergePlan(readMergeInputs(new Map(entries.map(([name, text]) => [name, rawEntries(name, text)])), FACTS))
}

function problems(texts: Partial<Record<InputName, string>>): readonly string[] {
  try {
    plan(texts)
    return []
  } catch (error) {
    if (error instanceof InputError) return error.problems.map(({ where, text }) => `${where}: ${text}`)
    throw error
  }
}

describe('the plan of a merge', () => {
  it('has a default for everything but images and tags', () => {
    expect(plan({ images: ONE, tags: 'ghcr.io/acme/a' })).toEqual({
      images: [{ registry: 'ghcr.io', repository: 'acme/a', digest: `sha256:${'1'.repeat(64)}` }],
      tags: ['ghcr.io/acme/a:latest'],
      repositories: [{ registry: 'ghcr.io', repository: 'acme/a' }],
      annotations: [],
      tlsVerify: true,
      installTools: true,
    })
  })

  it.each(['\n', ' ', ',', ', ', '\n\n  ', '\t'])('takes images with %j between them', (between) => {
    expect(
      plan({ images: `${between}${ONE}${between}${TWO}${between}`, tags: 'ghcr.io/acme/a:1' }).images,
    ).toHaveLength(2)
  })

  it('takes the digest of an image that has a tag too', () => {
    const tagged = ONE.replace('@', ':old@')
    expect(plan({ images: tagged, tags: 'ghcr.io/acme/a:1' }).images).toEqual(
      plan({ images: ONE, tags: 'ghcr.io/acme/a:1' }).images,
    )
  })

  it('names each repository of the tags once', () => {
    const tags = 'ghcr.io/acme/a:1,quay.io/acme/a:1,ghcr.io/acme/a:latest'
    expect(plan({ images: ONE, tags }).repositories.map(({ registry }) => registry)).toEqual(['ghcr.io', 'quay.io'])
  })
})

describe('the login of a merge', () => {
  const login = { username: 'me', password: 'secret' }

  it("is for the tags' registry, and the plan holds no secret", () => {
    const made = plan({ images: ONE, tags: 'ghcr.io/acme/a:1,ghcr.io/acme/a:2', ...login })
    expect(made.loginRegistry).toBe('ghcr.io')
    expect(JSON.stringify(made)).not.toContain('secret')
  })

  it('has to be said where tags are of several registries', () => {
    const tags = 'ghcr.io/acme/a:1,quay.io/acme/a:1'
    expect(problems({ images: ONE, tags, ...login })).toEqual([
      'input registry: missing, and tags name ghcr.io and quay.io: write the registry that the login is for',
    ])
    expect(plan({ images: ONE, tags, registry: 'quay.io', ...login }).loginRegistry).toBe('quay.io')
  })

  it('is whole or none', () => {
    expect(problems({ images: ONE, tags: 'ghcr.io/acme/a:1', username: 'me' })).toEqual([
      'input password: missing while a username is given: a login needs both',
    ])
    expect(problems({ images: ONE, tags: 'ghcr.io/acme/a:1', registry: 'ghcr.io' })).toEqual([
      'input registry: a login for ghcr.io needs username and password: give both, or leave registry out',
    ])
    expect(problems({ images: ONE, tags: 'ghcr.io/acme/a:1', registry: 'ghcr.io', username: 'me' })).toHaveLength(1)
  })
})

describe('a merge is refused', () => {
  it.each([
    [{ tags: 'ghcr.io/acme/a:1' }, 'input images: missing: write REGISTRY/NAME@sha256:…, one a line'],
    [{ images: '\n', tags: 'ghcr.io/acme/a:1' }, 'input images: missing: write REGISTRY/NAME@sha256:…, one a line'],
    [{ images: ONE }, 'input tags: missing: write REGISTRY/NAME:TAG'],
    [
      { images: 'ghcr.io/acme/a@sha256:12', tags: 'ghcr.io/acme/a:1' },
      "input images: 'ghcr.io/acme/a@sha256:12' is no reference: the part after @ is not a digest: write sha256: and 64 lower-case hexadecimal digits",
    ],
    [
      { images: `${ONE}\n${image('ghcr.io/acme/b', 2)}`, tags: 'ghcr.io/acme/a:1' },
      `input images: ${image('ghcr.io/acme/b', 2)} is not in ghcr.io/acme/a, where the tags are: push it there by digest`,
    ],
    [
      { images: `${ONE} ${ONE}`, tags: 'ghcr.io/acme/a:1' },
      `input images: ${ONE} stands there more than once: each job of a matrix needs an output of its own`,
    ],
    [
      { images: ONE, tags: 'ghcr.io/acme/a:1', annotations: 'manifest-descriptor:disktype=qemu' },
      "input annotations: 'manifest-descriptor:disktype=qemu': disktype at manifest-descriptor is not free, since podman and others choose by it: leave it out",
    ],
  ] as const)('%j', (texts, problem) => {
    expect(problems(texts)).toEqual([problem])
  })
})
