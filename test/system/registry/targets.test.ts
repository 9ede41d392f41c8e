import { mkdir, writeFile } from 'node:fs/promises'
import { dirname, join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { checkTargets } from '../../../src/registry/target/targetcheck.ts'
import { startProxy } from '../../support/proxy.ts'
import { type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

let registry: Registry
let access: TestAccess

beforeEach(async () => {
  registry = await startRegistry()
  access = await testAccess()
})

afterEach(async () => {
  await registry?.stop()
  await access?.[Symbol.asyncDispose]()
})

const tagsOf = (address: string, ...names: string[]) => names.map((name) => `${address}/x:${name}`)

describe('checkTargets', () => {
  it('takes a registry that is there, with or without the repository', async () => {
    await checkTargets(tagsOf(registry.address, '1', '2'), access)
    await registry.settled()
    expect(registry.accesses.filter(({ path }) => path.includes('/manifests/'))).toHaveLength(1)
  })

  it('asks for a repository without a tag, and for its login', async () => {
    await checkTargets([`${registry.address}/x`], access)
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    await expect(checkTargets([`${closed.address}/x`], access)).rejects.toThrow(
      `${closed.address} wants a login for ${closed.address}/x, and there is none`,
    )
  })

  it('refuses a folder of the job that skopeo cannot push from', async () => {
    await expect(
      checkTargets(tagsOf(registry.address, '1'), { ...access, tmpFolder: '/tmp/a:b/kiwi-oci-1' }),
    ).rejects.toMatchObject({
      name: 'HostError',
      message: 'skopeo cannot work in /tmp/a:b/kiwi-oci-1, for the colon in its name: choose another work-dir',
    })
    await checkTargets([], { ...access, tmpFolder: '/tmp/a:b/kiwi-oci-1' })
  })

  it('refuses one that wants a login where there is none', async () => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    await expect(checkTargets(tagsOf(closed.address, '1'), access)).rejects.toMatchObject({
      name: 'RegistryError',
      message: expect.stringContaining(`${closed.address} wants a login for ${closed.address}/`),
    })
  })

  it.each(['authfile', 'loginFiles'])('refuses one that does not accept the login of the %s', async (given) => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    const file = await writeLogins(closed.address)
    const withLogin = { ...access, ...(given === 'authfile' ? { authfile: file } : { loginFiles: [file] }) }
    await expect(checkTargets(tagsOf(closed.address, '1'), withLogin)).rejects.toMatchObject({
      name: 'RegistryError',
      message: `the login for ${closed.address} is not accepted: log in again`,
    })
  })

  it('refuses one that wants a login where the one there is for another namespace', async () => {
    await using closed = await startRegistry({ htpasswd: { user: 'a', password: 'b' } })
    const authfile = await writeLogins(`${closed.address}/other`)
    await expect(checkTargets(tagsOf(closed.address, '1'), { ...access, authfile })).rejects.toThrow('wants a login')
  })

  it.each([403, 404])('takes %s from one that knows the login: it may say so of a new repository', async (status) => {
    await using strict = await startProxy(registry.address, (asked, answer) => {
      if (!asked.url?.includes('/manifests/')) return false
      answer.writeHead(status).end()
      return true
    })
    const authfile = await writeLogins(strict.address)
    await checkTargets(tagsOf(strict.address, '1'), { ...access, authfile })
  })

  it('refuses one that is not there', async () => {
    const { address } = registry
    await registry.stop()
    await expect(checkTargets(tagsOf(address, '1'), access)).rejects.toThrow(
      `the registry ${address} cannot be reached: the connection was refused`,
    )
    registry = await startRegistry()
  })

  it('refuses plain HTTP unless tls-verify is false', async () => {
    await expect(checkTargets(tagsOf(registry.address, '1'), { ...access, tlsVerify: true })).rejects.toThrow(
      /set tls-verify to false/,
    )
  })

  it('refuses a web page', async () => {
    await using page = await startProxy(registry.address, (_, answer) => {
      answer.writeHead(200, { 'content-type': 'text/html' }).end('<html>Please sign in</html>')
      return true
    })
    await expect(checkTargets(tagsOf(page.address, '1'), access)).rejects.toThrow(
      /a web page answered instead of a registry/,
    )
  })
})

/** A file of a login that is wrong for every registry of these tests, where skopeo's own search finds it too. */
async function writeLogins(registryOrNamespace: string): Promise<string> {
  const auth = Buffer.from('a:wrong').toString('base64')
  const file = join(access.tmpFolder, 'containers', 'auth.json')
  await mkdir(dirname(file), { recursive: true })
  await writeFile(file, JSON.stringify({ auths: { [registryOrNamespace]: { auth } } }))
  return file
}
