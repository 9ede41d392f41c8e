import { mkdir, mkdtemp, rm, writeFile } from 'node:fs/promises'
import { createServer, type Server } from 'node:http'
import type { AddressInfo } from 'node:net'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, expect, it } from 'vitest'
import { mirrorListUris, resolvedUris } from '../../../src/host/mirror-list.ts'
import { hasDistribution } from '../../../src/host/mirror-probe.ts'

let server: Server
let address: string
let requests: string[]
let failures: number

beforeEach(async () => {
  requests = []
  failures = 0
  server = createServer((request, response) => {
    requests.push(`${request.method} ${request.url}`)
    if (failures > 0) {
      failures -= 1
      response.writeHead(503).end()
    } else if (request.url === '/mirrors.txt')
      response.end('http://two.example.org/\tpriority:2\nhttp://one.example.org/\tpriority:1\n')
    else if (request.url === '/debian/dists/bookworm/InRelease') response.end('Origin: Debian\n')
    else response.writeHead(404).end()
  })
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
  address = `http://127.0.0.1:${(server.address() as AddressInfo).port}`
})
afterEach(() => new Promise((resolve) => server.close(resolve)))

it('entries of a list go by priority, then by their order, those without priority last', () => {
  const text = '# mirrors\nhttp://c/\nhttp://b/\tpriority:2\nhttp://d/\n\nhttp://a/\tpriority:1 arch:amd64\n'
  expect(mirrorListUris(text, 'amd64')).toEqual(['http://a/', 'http://b/', 'http://c/', 'http://d/'])
})

it('entries of other architectures are left out', () => {
  expect(mirrorListUris('http://a/\tarch:arm64 arch:armhf\nhttp://b/', 'amd64')).toEqual(['http://b/'])
})

it('an ordinary address stands for itself', async () => {
  expect(await resolvedUris('http://example.org/debian', { architecture: 'amd64' })).toEqual([
    'http://example.org/debian',
  ])
})

it('the mirror list of a hosted runner is read from its file', async () => {
  const options = { architecture: 'amd64', root: 'test/fixtures/host/ubuntu-24.04' }
  expect(await resolvedUris('mirror+file:/etc/apt/apt-mirrors.txt', options)).toEqual([
    'http://azure.archive.ubuntu.com/ubuntu/',
    'http://archive.ubuntu.com/ubuntu/',
    'http://security.ubuntu.com/ubuntu/',
  ])
})

it('a mirror list is fetched, with and without the transport named', async () => {
  const wanted = ['http://one.example.org/', 'http://two.example.org/']
  const rest = address.replace('http:', '')
  expect(await resolvedUris(`mirror+http:${rest}/mirrors.txt`, { architecture: 'amd64' })).toEqual(wanted)
  expect(await resolvedUris(`mirror:${rest}/mirrors.txt`, { architecture: 'amd64' })).toEqual(wanted)
})

it('a list that cannot be had stands for no mirror', async () => {
  expect(await resolvedUris('mirror+file:/gone.txt', { architecture: 'amd64' })).toEqual([])
  expect(await resolvedUris(`mirror+${address}/gone.txt`, { architecture: 'amd64' })).toEqual([])
})

it('a mirror has a distribution when its InRelease is there', async () => {
  expect(await hasDistribution(`${address}/debian/`, 'bookworm')).toBe(true)
  expect(requests).toEqual(['GET /debian/dists/bookworm/InRelease'])
})

it('a mirror without the distribution does not have it', async () => {
  expect(await hasDistribution(`${address}/debian`, 'trixie')).toBe(false)
})

it('a mirror that fails once is asked again', async () => {
  failures = 1
  expect(await hasDistribution(`${address}/debian`, 'bookworm')).toBe(true)
})

it('a repository of another origin does not have the distribution, whatever its suite is called', async () => {
  expect(await hasDistribution(`${address}/debian`, 'bookworm', { origin: 'Debian' })).toBe(true)
  expect(await hasDistribution(`${address}/debian`, 'bookworm', { origin: 'Ubuntu' })).toBe(false)
})

it('a mirror on this machine is looked at as files', async () => {
  const folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-mirror-'))
  await mkdir(join(folder, 'dists/bookworm'), { recursive: true })
  await writeFile(join(folder, 'dists/bookworm/Release'), 'Origin: Debian\nSuite: oldstable\n')
  expect(await hasDistribution(`file://${folder}`, 'bookworm', { origin: 'Debian' })).toBe(true)
  expect(await hasDistribution(`file:${folder}`, 'trixie')).toBe(false)
  expect(await hasDistribution(`cdrom:${folder}`, 'bookworm')).toBe(false)
  await rm(folder, { recursive: true })
})

it('a mirror that nobody answers for does not have it', async () => {
  await new Promise((resolve) => server.close(resolve))
  expect(await hasDistribution(`${address}/debian`, 'bookworm')).toBe(false)
  await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
})

it('an abort is passed on', async () => {
  await expect(hasDistribution(address, 'bookworm', { signal: AbortSignal.abort() })).rejects.toThrow()
})
