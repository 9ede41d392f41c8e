import { expect, it } from 'vitest'
import { bearerRealms, realmProblem } from '../../../src/registry/login/realm.ts'

it.each([
  ['docker.io', 'https://auth.docker.io/token'],
  ['ghcr.io', 'https://ghcr.io/token'],
  ['registry.hub.docker.com', 'https://auth.docker.io/token'],
  ['registry.abc.de', 'https://gitlab.abc.de/jwt/auth'],
  ['registry.gitlab.com', 'https://gitlab.com/jwt/auth'],
  ['registry.example.co.uk:5000', 'https://login.example.co.uk/token'],
  ['rg.fr-par.scw.cloud', 'https://api.scaleway.com/registry-internal/v1/regions/fr-par/tokens'],
  ['10.0.0.7:5000', 'https://10.0.0.7:5001/token'],
])('a login of %s may go to %s', (registry, url) => {
  expect(realmProblem(registry, { url, plain: false })).toBeUndefined()
})

it.each([
  ['ghcr.io', 'https://ghcr.io.example.net/token'],
  ['registry.example.com', 'http://registry.example.com/token'],
  ['registry.example.co.uk', 'https://other.co.uk/token'],
  ['registry.example.com.au', 'https://other.com.au/token'],
  ['registry.abc.de', 'https://abd.de/token'],
  ['registry.example.com', 'https://auth.docker.io/token'],
  ['10.0.0.7', 'https://10.0.1.7/token'],
  ['ghcr.io', 'ftp://ghcr.io/token'],
  ['ghcr.io', 'token'],
])('a login of %s may not go to %s', (registry, url) => {
  expect(realmProblem(registry, { url, plain: false })).toMatch(/^(wants its logins sent to|names no address)/)
})

it('a login goes in clear only to the host of a registry that was asked in clear', () => {
  expect(realmProblem('127.0.0.1:5000', { url: 'http://127.0.0.1:5001/token', plain: true })).toBeUndefined()
  expect(realmProblem('127.0.0.1:5000', { url: 'http://127.0.0.2:5001/token', plain: true })).toBe(
    'wants its logins sent to http://127.0.0.2:5001, in clear, which is not done: check the name of the registry, or log in there before with skopeo login and leave username and password out',
  )
})

it.each([
  ['Bearer realm="https://a.example/token",service="r"', ['https://a.example/token']],
  ['bearer service="realm of r", REALM = https://a.example/token', ['https://a.example/token']],
  ['Bearer realm="https://a.example/t",realm="https://b.example/t"', ['https://a.example/t', 'https://b.example/t']],
  ['Bearer realm="https:\\/\\/a.example/t"', ['https://a.example/t']],
  ['Basic realm="x", Bearer realm="https://a.example/t"', ['https://a.example/t']],
  ['Basic realm="Registry"', []],
  ['Negotiate', []],
])('the addresses in %s', (header, realms) => {
  expect(bearerRealms(header)).toEqual(realms)
})
