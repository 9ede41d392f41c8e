import { describe, expect, it } from 'vitest'
import { taggedRepository } from '../../../src/matrix/repository.ts'

const problemsOf = (text: string) => taggedRepository(text).problems.map(({ where, text: why }) => `${where}: ${why}`)

describe('the repository of the tags', () => {
  it('is the one that all of them name', () => {
    expect(taggedRepository('ghcr.io/acme/disk:1.0, ghcr.io/acme/disk:1\nghcr.io/acme/disk')).toEqual({
      repository: 'ghcr.io/acme/disk',
      problems: [],
    })
  })

  it('has its registry also where the tag leaves it out, as docker does', () => {
    expect(taggedRepository('acme/disk:1').repository).toBe('docker.io/acme/disk')
  })

  it('keeps the port of its registry', () => {
    expect(taggedRepository('127.0.0.1:5000/disk:1').repository).toBe('127.0.0.1:5000/disk')
  })

  it('is refused where there are no tags', () => {
    for (const text of ['', ' \n,'])
      expect(problemsOf(text)).toEqual(['input tags: names nothing: write REGISTRY/NAME:TAG'])
  })

  it('is refused where tags are of several', () => {
    expect(taggedRepository('ghcr.io/acme/disk:1,quay.io/acme/disk:1')).toEqual({
      repository: '',
      problems: [
        {
          where: 'input tags',
          text: 'ghcr.io/acme/disk and quay.io/acme/disk are several repositories: name tags of one, and call the workflow once for each',
        },
      ],
    })
  })

  it('is refused where a tag is none, each with its reason', () => {
    expect(problemsOf('ghcr.io/Acme/disk:1\nlatest\nghcr.io/acme/disk:1')).toEqual([
      "input tags: 'ghcr.io/Acme/disk:1' is no reference: repository names are lower case: write ghcr.io/acme/disk",
      "input tags: 'latest' is a tag without a name: write REGISTRY/REPOSITORY:latest",
    ])
  })
})
