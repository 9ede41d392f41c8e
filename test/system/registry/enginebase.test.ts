import { execFile } from 'node:child_process'
import { join } from 'node:path'
import { promisify } from 'node:util'
import { afterAll, afterEach, beforeAll, beforeEach, expect, it } from 'vitest'
import { resolveBase } from '../../../src/registry/base/base.ts'
import { fetchBase } from '../../../src/registry/base/fetch.ts'
import { openBase } from '../../../src/registry/base/openbase.ts'
import { type Base, makeBase } from '../../support/base.ts'
import { type Engine, startEngine } from '../../support/engine.ts'
import { type TestAccess, testAccess } from '../../support/registry.ts'

let engine: Engine
let base: Base
let access: TestAccess

beforeAll(async () => {
  engine = await startEngine()
  base = await makeBase()
})
afterAll(async () => {
  await engine?.[Symbol.asyncDispose]()
  await base?.[Symbol.asyncDispose]()
})
beforeEach(async () => {
  const made = await testAccess()
  access = { ...made, environment: { ...made.environment, DOCKER_HOST: engine.host } }
})
afterEach(() => access[Symbol.asyncDispose]())

const opened = (text: string) => openBase(text, join(access.tmpFolder, 'archive'), access)

it("a base of docker's daemon has the layers and the config that were loaded into it", async () => {
  const archive = join(access.tmpFolder, 'base.tar')
  const name = 'localhost/acme/base'
  await promisify(execFile)('skopeo', [
    'copy',
    '--quiet',
    `oci:${base.layout}:amd64`,
    `docker-archive:${archive}:${name}:latest`,
  ])
  await engine.docker('load', '--input', archive)
  const found = await opened(`docker-daemon:${name}`)
  if (found === 'scratch') throw new Error('scratch is no base')
  const resolved = await resolveBase(found, { os: 'linux', architecture: 'amd64' }, access)
  const image = await fetchBase(resolved, join(access.tmpFolder, 'job'), undefined, access)
  expect([...image.blobs.keys()]).toEqual(base.diffIDs)
  expect(image.config.config).toMatchObject({ Env: ['PATH=/bin', 'BASE=yes'], Cmd: ['ls'] })
  expect(image.publishedName).toBe(`docker-daemon:${name}:latest`)
})

it("a base that docker's daemon has not is refused in its words", async () => {
  await expect(opened('docker-daemon:localhost/none:1')).rejects.toMatchObject({
    name: 'RegistryError',
    code: 'registry-missing',
    side: 'base',
    message: expect.stringMatching(
      /^the base docker-daemon:localhost\/none:1 cannot be read: docker's daemon says .*(not exist|No such)/,
    ),
  })
})

it("a base of a docker's daemon that does not answer is a lack of the machine", async () => {
  access = { ...access, environment: { ...access.environment, DOCKER_HOST: `unix://${access.tmpFolder}/none` } }
  await expect(opened('docker-daemon:localhost/none:1')).rejects.toMatchObject({ code: 'host-docker' })
})
