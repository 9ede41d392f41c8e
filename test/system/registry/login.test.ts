import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, afterEach, beforeAll, beforeEach, describe, expect, it } from 'vitest'
import { prepareLogins } from '../../../src/registry/login/login.ts'
import { readManifest } from '../../../src/registry/skopeo.ts'
import { type Base, makeBase, pushBase } from '../../support/base.ts'
import { type Registry, startRegistry, type TestAccess, testAccess } from '../../support/registry.ts'

const USER = 'me'
const PASSWORD = 'hunter2 "quoted" $x'

let registry: Registry
let base: Base
let access: TestAccess
let folder: string

beforeAll(async () => {
  registry = await startRegistry({ htpasswd: { user: USER, password: PASSWORD } })
  base = await makeBase()
  await pushBase(base, `${registry.address}/x:1`, { login: { user: USER, password: PASSWORD } })
})

afterAll(async () => {
  await registry?.stop()
  await base?.[Symbol.asyncDispose]()
})

beforeEach(async () => {
  access = await testAccess()
  folder = await mkdtemp(join(tmpdir(), 'login-'))
})

afterEach(async () => {
  await access[Symbol.asyncDispose]()
  await rm(folder, { recursive: true, force: true })
})

function login(password = PASSWORD) {
  return { registry: registry.address, username: USER, password }
}

function request(more: object = {}) {
  return { folder, files: [], registries: [registry.address], ...more }
}

/** Fails unless skopeo can read what needs the login. */
async function expectReadable(authfile: string | undefined): Promise<void> {
  const used = authfile === undefined ? access : { ...access, authfile }
  const purpose = { side: 'base', reference: 'x', failure: 'not readable' } as const
  await readManifest(`docker://${registry.address}/x:1`, used, purpose)
}

describe('prepareLogins', () => {
  it('makes a file of its own that only we can read, with which the registry is readable', async () => {
    const { authfile } = await prepareLogins(request({ login: login() }), access)
    expect(authfile).toBe(join(folder, 'auth.json'))
    expect((await stat(authfile ?? '')).mode & 0o777).toBe(0o600)
    expect(await readdir(folder)).toEqual(['auth.json'])
    await expectReadable(authfile)
  })

  it('says which registry refused a wrong password, without the password, and leaves nothing', async () => {
    const asked = prepareLogins(request({ login: login('wrong-pass') }), access)
    const error: unknown = await asked.catch((thrown: unknown) => thrown)
    expect(error).toMatchObject({
      name: 'RegistryError',
      reference: registry.address,
      message: `the login to ${registry.address} as me failed: the registry wants a login, or does not accept the one it got: check registry, username and password, or log in before (at the login, HTTP 401, 1 try)`,
    })
    expect(JSON.stringify(error, Object.getOwnPropertyNames(error))).not.toContain('wrong-pass')
    expect(await readdir(folder)).toEqual([])
  })

  it('keeps the logins that the user has, and leaves their file as it was', async () => {
    const users = join(folder, 'users.json')
    const text = JSON.stringify({
      auths: { 'quay.example': { auth: 'eDp5' }, [registry.address]: { auth: 'b2xkOm9sZA==' } },
    })
    await writeFile(users, text)
    const { authfile } = await prepareLogins(
      request({ login: login(), files: [join(folder, 'absent'), users] }),
      access,
    )
    expect(JSON.parse(await readFile(authfile ?? '', 'utf8')).auths).toEqual({
      'quay.example': { auth: 'eDp5' },
      [registry.address]: { auth: Buffer.from(`${USER}:${PASSWORD}`).toString('base64') },
    })
    expect(await readFile(users, 'utf8')).toBe(text)
  })

  it('does not overwrite a file that is there already', async () => {
    await writeFile(join(folder, 'auth.json'), 'theirs')
    await expect(prepareLogins(request({ login: login() }), access)).rejects.toThrow('EEXIST')
    expect(await readFile(join(folder, 'auth.json'), 'utf8')).toBe('theirs')
  })

  it('leaves the search to skopeo where there is nothing to do', async () => {
    expect((await prepareLogins(request(), access)).authfile).toBeUndefined()
    expect(await readdir(folder)).toEqual([])
  })

  it('hands over the file of the input authfile', async () => {
    const authfile = join(folder, 'mine.json')
    await writeFile(authfile, '{"auths":{}}')
    expect((await prepareLogins(request({ authfile }), access)).authfile).toBe(authfile)
  })

  it('refuses an authfile that is not there', async () => {
    await expect(prepareLogins(request({ authfile: '/absent/auth.json' }), access)).rejects.toMatchObject({
      name: 'InputError',
      message: 'input authfile: there is no file /absent/auth.json: write the path of a file of logins',
    })
  })

  it("uses docker's helper for all registries, which skopeo does not read", async () => {
    await installHelper('store', {
      [registry.address]: [USER, PASSWORD],
      'https://index.docker.io/v1/': ['hub', 'hubpw'],
    })
    const docker = join(folder, 'config.json')
    await writeFile(docker, JSON.stringify({ auths: { [registry.address]: {} }, credsStore: 'store' }))
    const registries = [registry.address, 'docker.io', 'unknown.example']
    const { authfile } = await prepareLogins(request({ files: [docker], registries }), access)
    expect(JSON.parse(await readFile(authfile ?? '', 'utf8'))).toEqual({
      auths: { 'docker.io': { auth: Buffer.from('hub:hubpw').toString('base64') } },
      credHelpers: { [registry.address]: 'store' },
    })
    await expectReadable(authfile)
  })

  it('goes on with a warning where that helper is not installed', async () => {
    const docker = join(folder, 'config.json')
    await writeFile(docker, JSON.stringify({ credsStore: 'absent' }))
    expect((await prepareLogins(request({ files: [docker] }), access)).authfile).toBeUndefined()
    expect(access.report.warnings).toEqual([
      expect.stringContaining('docker-credential-absent, which is not installed'),
    ])
  })

  it('gives the password to no command line and no environment', async () => {
    const bin = join(folder, 'bin')
    await mkdir(bin)
    await writeFile(join(bin, 'skopeo'), `#!/bin/sh\n{ echo "$@"; env; } >> '${folder}/seen'\nexec cat > /dev/null\n`)
    await chmod(join(bin, 'skopeo'), 0o755)
    const spied = { ...access, environment: { ...access.environment, PATH: `${bin}:${access.environment['PATH']}` } }
    await prepareLogins(request({ login: login('canary-4711') }), spied)
    const seen = await readFile(join(folder, 'seen'), 'utf8')
    expect(seen).toContain('login')
    expect(seen).not.toContain('canary-4711')
    expect(seen).not.toContain(Buffer.from('me:canary-4711').toString('base64'))
  })
})

/** A credential helper as docker has them: `get` reads the server from standard input. */
async function installHelper(name: string, logins: Readonly<Record<string, readonly [string, string]>>): Promise<void> {
  const path = join(folder, `docker-credential-${name}`)
  const script = `#!${process.execPath}
const logins = ${JSON.stringify(logins)}
const server = require('node:fs').readFileSync(0, 'utf8').trim()
const login = logins[server]
if (!login) { console.log('credentials not found in native keychain'); process.exit(1) }
console.log(JSON.stringify({ ServerURL: server, Username: login[0], Secret: login[1] }))
`
  await writeFile(path, script)
  await chmod(path, 0o755)
  access = { ...access, environment: { ...access.environment, PATH: `${folder}:${access.environment['PATH']}` } }
}
