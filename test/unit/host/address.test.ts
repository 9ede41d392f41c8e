import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { expect, it } from 'vitest'
import { authorizedFetch, shownUri } from '../../../src/host/address.ts'

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

it('are sent to the mirror as basic authorization', async () => {
  const seen: (string | undefined)[] = []
  const server = createServer((request, response) => {
    seen.push(`${request.url} ${request.headers.authorization}`)
    response.end('yes')
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  const { port } = server.address() as AddressInfo
  const signal = new AbortController().signal
  await (await authorizedFetch(`http://me:p%40ss@127.0.0.1:${port}/debian`, signal)).text()
  await (await authorizedFetch(`http://127.0.0.1:${port}/debian`, signal)).text()
  await new Promise((resolve) => server.close(resolve))
  expect(seen).toEqual([`/debian Basic ${Buffer.from('me:p@ss').toString('base64')}`, '/debian undefined'])
})
