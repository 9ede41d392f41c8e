import { describe, expect, it } from 'vitest'
import {
  knowsLogin,
  type Logins,
  loginsText,
  mergedLogins,
  parseLogins,
  withAuth,
  withLogin,
} from '../../../src/registry/login/credentials.ts'
import { coded } from '../../support/coded.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

function logins(content: Partial<Logins>): Logins {
  return { auths: {}, credHelpers: {}, ...content }
}

describe('parseLogins', () => {
  it("leaves out docker's empty entries, which would hide the helper", () => {
    const text = JSON.stringify({ auths: { 'ghcr.io': {}, quay: { auth: 'eA==' } }, credsStore: 'desktop' })
    expect(parseLogins(text, 'f')).toEqual(logins({ auths: { quay: { auth: 'eA==' } }, credsStore: 'desktop' }))
  })

  it('takes no helper whose name is a path', () => {
    expect(parseLogins('{"credHelpers":{"a":"../x"},"credsStore":"/bin/sh"}', 'f')).toEqual(logins({}))
  })

  it('quotes nothing of a broken file', () => {
    expect(() => parseLogins('{"auths": s3cret', '/h/config.json')).toThrow(
      coded('host-logins', 'the file of logins /h/config.json is no JSON object: correct it or remove it'),
    )
  })
})

describe('mergedLogins', () => {
  it('prefers the first file for a registry, also where a later one has a helper or a namespace of it', () => {
    const first = logins({ auths: { 'ghcr.io': { auth: 'one' } } })
    const later = logins({
      auths: { 'https://ghcr.io/v1/': { auth: 'two' }, 'ghcr.io/acme': { auth: 'three' }, quay: { auth: 'four' } },
      credHelpers: { 'ghcr.io': 'pass' },
    })
    expect(mergedLogins([first, later])).toEqual(
      logins({ auths: { 'ghcr.io': { auth: 'one' }, quay: { auth: 'four' } } }),
    )
  })
})

describe('withLogin', () => {
  it("stands above every other login of docker's registry, however it is written", () => {
    const before = logins({ auths: { 'https://index.docker.io/v1/': { auth: 'old' }, quay: { auth: 'x' } } })
    const after = withLogin(before, { registry: 'docker.io', username: 'me', password: 'pw' })
    expect(after.auths).toEqual({ 'docker.io': { auth: base64('me:pw') }, quay: { auth: 'x' } })
  })

  it('keeps the logins of registries whose name only begins alike', () => {
    const before = logins({ auths: { 'ghcr.io.example': { auth: 'x' } } })
    expect(withLogin(before, { registry: 'ghcr.io', username: 'a', password: 'b' }).auths).toHaveProperty([
      'ghcr.io.example',
    ])
  })
})

describe('withAuth', () => {
  it("writes a helper's token as an identity token", () => {
    expect(withAuth(logins({}), 'r', '<token>', 't').auths['r']).toEqual({
      auth: base64('<token>:'),
      identitytoken: 't',
    })
  })
})

describe('loginsText', () => {
  it('has no credsStore, which skopeo does not read', () => {
    expect(JSON.parse(loginsText(logins({ credsStore: 'x', credHelpers: { a: 'x' } })))).toEqual({
      auths: {},
      credHelpers: { a: 'x' },
    })
  })
})

describe('knowsLogin', () => {
  it('finds a registry by helper, by namespace and by address', () => {
    const known = logins({
      auths: { 'quay.io/acme': { auth: 'x' }, 'https://index.docker.io/v1/': { auth: 'x' } },
      credHelpers: { 'ghcr.io': 'y' },
    })
    expect(['ghcr.io', 'quay.io', 'docker.io', 'other'].map((registry) => knowsLogin(known, registry))).toEqual([
      true,
      true,
      true,
      false,
    ])
  })
})

it.each([
  [' \n', 'there is nothing in it'],
  ['{"auths":[]}', 'its auths is no object'],
  ['{"auths":{"ghcr.io":"text"}}', 'the entry of ghcr.io is no object'],
  ['{"auths":{"ghcr.io":{"auth":"s3cret!!!"}}}', 'the login of ghcr.io is no base64'],
  ['{"auths":{"ghcr.io":{"auth":5}}}', 'the login of ghcr.io is no base64'],
  ['{"credHelpers":"x"}', 'its credHelpers is no object'],
  ['{"credHelpers":{"ghcr.io":{}}}', 'the helper of ghcr.io is no text'],
])('what skopeo would end at in the middle of a push is refused: %s', (text, reason) => {
  expect(() => parseLogins(text, '/f')).toThrow(
    `the file of logins /f cannot be used, ${reason}: correct it or remove it`,
  )
})

it.each(['{"auths":null}', '{"auths":{"ghcr.io":null}}', '{"auths":{"ghcr.io":{}}}'])('no login is in %j', (text) => {
  expect(parseLogins(text, '/f')).toEqual(logins({}))
})
