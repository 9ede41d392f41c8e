import { readFile } from 'node:fs/promises'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Case, casesOf, heldOf } from '../../support/consumers/fixture.ts'
import { pushHeld } from '../../support/consumers/transfer.ts'
import { type Registry, startRegistry } from '../../support/registry.ts'
import { startTrixie, type Trixie } from '../../support/trixie.ts'

/** Words of containers/image, which CDI reads images with: here its own program says them. */
const LIBRARY_WORDS = /no image found in image index.*|unsupported image-specific operation.*/

let registry: Registry
let trixie: Trixie

beforeAll(async () => {
  registry = await startRegistry()
  trixie = await startTrixie(registry.address)
})
afterAll(async () => {
  for (const each of [trixie, registry]) await each?.[Symbol.asyncDispose]()
})

async function pushed(each: Case): Promise<string> {
  const reference = `${registry.address}/acme/case:1`
  await pushHeld(heldOf(each), reference)
  return `docker://${reference}`
}

describe('the real podman machine says of', () => {
  it.each(casesOf('podman-machine'))('$name what the fixture says', async (each) => {
    const image = await pushed(each)
    const { exitCode, stderr } = await trixie.callAsUser('podman', 'machine', 'init', '--image', image, 'm')
    if (each.says === undefined) {
      expect(stderr).not.toContain('Error: ')
      expect((await trixie.callAsUser('podman', 'machine', 'rm', '--force', 'm')).exitCode).toBe(0)
      expect(exitCode).toBe(0)
    } else {
      expect(stderr).toContain(each.older ?? each.says)
      expect(exitCode).not.toBe(0)
    }
  })
})

describe('the real skopeo says of', () => {
  const cases = casesOf('cdi-pod').filter((each) => LIBRARY_WORDS.test(each.says ?? ''))
  it.each(cases)('$name what the fixture says', async (each) => {
    const { exitCode, stderr } = await trixie.call('skopeo', 'inspect', '--override-arch', 'amd64', await pushed(each))
    expect(stderr.replaceAll('\\"', '"')).toContain(LIBRARY_WORDS.exec(each.says ?? '')?.[0])
    expect(exitCode).not.toBe(0)
  })
})

it('Debian 13 runs with mounts that nobody else sees', async () => {
  const inside = await trixie.call('cat', '/proc/mounts')
  expect(inside.stdout).toMatch(/ \/proc proc /)
  expect(await readFile('/proc/mounts', 'utf8')).not.toContain('trixie-')
})
