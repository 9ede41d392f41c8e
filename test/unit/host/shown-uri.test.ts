import { expect, it } from 'vitest'
import { shownUri } from '../../../src/host/shown-uri.ts'

it.each([
  ['http://me:secret@host/debian', 'http://host/debian'],
  ['https://token@host:8080', 'https://host:8080'],
  ['mirror+https://a:b@c@host/list', 'mirror+https://host/list'],
  ['//me:secret@host/debian', '//host/debian'],
])('of %s only %s is shown', (uri, shown) => {
  expect(shownUri(uri)).toBe(shown)
})

it.each(['http://host/user@example.org/', 'dir:///srv/a@b', 'obs://project/standard', 'ftp.example.org/debian'])(
  '%s is shown as it is',
  (uri) => {
    expect(shownUri(uri)).toBe(uri)
  },
)
