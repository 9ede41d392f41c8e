import { expect, it } from 'vitest'
import { parseLogins } from '../../../src/registry/login/credentials.ts'
import { addressForms, fileForms, hideSecrets, loginForms } from '../../../src/registry/login/secretforms.ts'

const base64 = (text: string) => Buffer.from(text).toString('base64')

it('hides a login in every form in which it is repeated', () => {
  const forms = loginForms({ username: 'me', password: 'a "b"/c' })
  const said = ['a "b"/c', 'a \\"b\\"/c', 'a%20%22b%22%2Fc', 'a+%22b%22%2Fc', base64('a "b"/c'), base64('me:a "b"/c')]
  for (const text of said) expect(hideSecrets(`not ${text}!`, forms)).toBe('not ***!')
  expect(loginForms({ username: 'me', password: '' })).toEqual([])
})

it('hides the passwords and tokens of a file of logins', () => {
  const auths = { a: { auth: base64('me:one:two') }, b: { auth: base64('<token>:'), identitytoken: 'three' } }
  const forms = fileForms(parseLogins(JSON.stringify({ auths }), 'x'))
  expect(hideSecrets('one:two three', forms)).toBe('*** ***')
})

it('hides what stands before the host of an address, as it stands and decoded', () => {
  expect(hideSecrets('a%20b a b me:a%20b', addressForms('http://me:a%20b@host/'))).toBe('*** *** ***')
  expect(hideSecrets('100%', addressForms('me:100%@host:3128'))).toBe('***')
  expect(addressForms('http://host:3128/')).toEqual([])
})

it('hides headers of logins that it does not know, and leaves words alone', () => {
  expect(hideSecrets('not for Bearer abc.def-123 or Basic bWU6eDE=', [])).toBe('not for Bearer *** or Basic ***')
  const words = 'Basic authentication, Bearer realm="https://ghcr.io/token"'
  expect(hideSecrets(words, [])).toBe(words)
})
