import { describe, expect, it } from 'vitest'
import { planLines } from '../../../src/plan/lines.ts'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

const NAMED = typeOf('oci:qcow2', '<containerconfig name="ghcr.io/acme/app" tag="1.0"/>')
const BY_DIGEST = { 'push-by-digest': 'true', repository: 'quay.io/acme/x' }
const LOGIN = { username: 'me', password: 'secret' }

async function planWith(texts: Texts, type = NAMED) {
  await using here = await described(type)
  return await planOf({ description: here.folder, ...texts })
}

async function problemsWith(texts: Texts, type = NAMED) {
  await using here = await described(type)
  return await problemsOf({ description: here.folder, ...texts })
}

describe('a push by digest', () => {
  it('goes to the repository, and to no tag that the container names', async () => {
    const plan = await planWith(BY_DIGEST)
    expect(plan).toMatchObject({ pushByDigest: 'quay.io/acme/x', tags: [], push: false })
    expect(plan.tagsSource).toBeUndefined()
    expect(planLines(plan)).toContain('Push to: quay.io/acme/x, by digest and without a tag')
  })

  it('needs no push, and may have it', async () => {
    expect(await planWith({ ...BY_DIGEST, push: 'true' })).toMatchObject({ pushByDigest: 'quay.io/acme/x', tags: [] })
  })

  it('leaves the exports as they are', async () => {
    expect(await planWith({ ...BY_DIGEST, export: 'oci:x' })).toMatchObject({ exports: ['oci:x'] })
  })

  it('needs no name where the format is for a registry', async () => {
    expect(await planWith(BY_DIGEST, typeOf('oci:qcow2:docker'))).toMatchObject({ pushByDigest: 'quay.io/acme/x' })
  })

  it('takes the login for the registry of its repository', async () => {
    expect(await planWith({ ...BY_DIGEST, ...LOGIN })).toMatchObject({ loginRegistry: 'quay.io' })
    expect(await planWith({ ...BY_DIGEST, ...LOGIN, registry: 'ghcr.io' })).toMatchObject({ loginRegistry: 'ghcr.io' })
  })

  it('is refused beside tags', async () => {
    expect(await problemsWith({ ...BY_DIGEST, tags: 'quay.io/acme/x:1' })).toEqual([
      'input push-by-digest: moves no tag, and tags are given: leave tags to the merge, or set push instead',
    ])
  })

  it('is refused without a repository, and says nothing more of the login', async () => {
    expect(await problemsWith({ 'push-by-digest': 'true', ...LOGIN })).toEqual([
      'input repository: missing while push-by-digest is set: write REGISTRY/NAME',
    ])
  })

  it('is refused to a repository with a tag, once', async () => {
    expect(await problemsWith({ 'push-by-digest': 'true', repository: 'quay.io/acme/x:1' })).toEqual([
      "input repository: 'quay.io/acme/x:1' has a tag, and a push by digest moves none: write quay.io/acme/x",
    ])
  })

  it('is asked for where a repository is given', async () => {
    expect(await problemsWith({ repository: 'quay.io/acme/x' })).toEqual([
      'input repository: is for a push by digest: set push-by-digest to true, or leave it out and set tags and push',
    ])
    expect(await problemsWith({ repository: 'quay.io/acme/x', 'push-by-digest': 'maybe' })).toEqual([
      "input push-by-digest: 'maybe' is no boolean: write true or false",
    ])
  })

  it('has no use for a registry without a login', async () => {
    const type = typeOf('oci:qcow2', '<containerconfig name="app"/>')
    expect(await problemsWith({ ...BY_DIGEST, registry: 'ghcr.io' }, type)).toEqual([
      'input registry: a login for ghcr.io needs username and password: give both, or leave registry out',
    ])
  })
})
