import { createServer } from 'node:http'
import type { AddressInfo } from 'node:net'
import { join } from 'node:path'
import { DISK, description, type Place } from '../../process/support/cli.ts'
import { inXml } from './words.ts'

/** Inputs of a job that has somebody else's words in it, and what goes with them. */
export interface Quoting {
  readonly inputs: Readonly<Record<string, string>>
  readonly [Symbol.asyncDispose]: () => Promise<void>
}

type Source = (word: string, here: Place) => Promise<Quoting>

const nothing = { [Symbol.asyncDispose]: async () => {} }

/** A description with a word in it; the job ends at the plan or at its check. */
function inDescription(place: (word: string) => string): Source {
  return async (word, here) => {
    await here.write('described/config.xml', place(inXml(word)))
    return { inputs: { description: 'described', tags: 'ghcr.io/acme/a:1' }, ...nothing }
  }
}

const withAttribute = (attribute: string) => (word: string) =>
  description({ type: `<type image="oem" filesystem="ext4" ${attribute}="${word}"/>` })

/** A disk and another input that quotes the word. */
function inInput(name: string, value = (word: string) => word): Source {
  return async (word, here) => {
    await here.write('a.raw', DISK)
    return { inputs: { disk: 'a.raw', [name]: value(word) }, ...nothing }
  }
}

/** A registry that answers every request with a status and its words. */
function answering(status: number, body: (word: string) => string, header: (word: string) => object = () => ({})) {
  return async (word: string) => {
    const server = createServer((_, answer) => {
      answer.writeHead(status, { 'content-type': 'application/json', ...header(word) }).end(body(word))
    })
    await new Promise<void>((resolve) => server.listen(0, '127.0.0.1', resolve))
    const close = async () => {
      server.closeAllConnections()
      await new Promise((resolve) => server.close(resolve))
    }
    return { address: `127.0.0.1:${(server.address() as AddressInfo).port}`, close }
  }
}

function asBase(registry: ReturnType<typeof answering>): Source {
  return async (word, here) => {
    await here.write('a.raw', DISK)
    const { address, close } = await registry(word)
    const inputs = { disk: 'a.raw', 'base-image': `${address}/acme/base:1`, 'tls-verify': 'false' }
    return { inputs, [Symbol.asyncDispose]: close }
  }
}

function asTarget(registry: ReturnType<typeof answering>): Source {
  return async (word, here) => {
    await here.write('a.raw', DISK)
    const { address, close } = await registry(word)
    const inputs = { disk: 'a.raw', push: 'true', tags: `${address}/acme/a:1`, 'tls-verify': 'false' }
    return { inputs, [Symbol.asyncDispose]: close }
  }
}

const refusal = (word: string) => JSON.stringify({ errors: [{ code: 'DENIED', message: word, detail: word }] })
/** What a header may hold. */
const headerSafe = (word: string) => word.replaceAll(/[^\x20-\x7e]/g, ' ').replaceAll('"', "'")

/** Every place from which words of others come into what we print. */
export const SOURCES: Readonly<Record<string, Source>> = {
  'version of a description': inDescription((word) => description().replace('1.0.0', word)),
  'name of a description': inDescription((word) => description().replace('name="tiny"', `name="${word}"`)),
  'an element of a description': inDescription((word) => description({ more: `<packages type="${word}"/>` })),
  'the image of a description': inDescription(withAttribute('format')),
  'the base of a description': inDescription(withAttribute('derived_from')),
  'the options of a description': inDescription(withAttribute('formatoptions')),
  'a profile of a description': inDescription((word) =>
    description({ more: `<profiles><profile name="${word}" description="${word}" import="true"/></profiles>` }),
  ),
  'broken XML': inDescription((word) => `<image name="${word}"`),
  'a name in a description': inDescription((word) =>
    description({
      type: `<type image="oem" filesystem="ext4"><containerconfig name="${word}" tag="${word}"/></type>`,
    }),
  ),
  'a description in YAML': async (word, here) => {
    await here.write('described/config.yaml', `image:\n  name: ${JSON.stringify(word)}\n  ${JSON.stringify(word)}: 1\n`)
    return { inputs: { description: 'described' }, ...nothing }
  },
  'name of a disk': async (word, here) => {
    const name = `${word.replaceAll('/', '').slice(0, 60)}.raw`
    await here.write(name, DISK)
    return { inputs: { disk: name, tags: 'ghcr.io/acme/a:1' }, ...nothing }
  },
  'name of a folder': async (word, here) => {
    const folder = word.replaceAll('/', '').slice(0, 120)
    await here.write(join(folder, 'config.xml'), description().replace('1.0.0', '?'))
    return { inputs: { description: folder }, ...nothing }
  },
  'path of the disk': inInput('disk-path', (word) => `/disk/${word}`),
  'a label': inInput('labels', (word) => `a=${word}`),
  'the key of a label': inInput('labels', (word) => `${word}=a`),
  'an annotation': inInput('annotations', (word) => word),
  'a setting of the container': inInput('containerconfig', (word) => `${word}=a`),
  'a tag': inInput('tags'),
  'a compression': inInput('compression'),
  'an export': inInput('export'),
  'a base': inInput('base-image'),
  'a folder to work in': inInput('work-dir', (word) => `/dev/null/${word}`),
  'a platform': inInput('platform'),
  'a base that is denied': asBase(answering(403, refusal)),
  'a base that is not there': asBase(answering(404, refusal)),
  'a base that is a page': asBase(answering(200, (word) => `<html>${word}`)),
  'a base that is another type': asBase(
    answering(200, (word) => JSON.stringify({ mediaType: word, schemaVersion: 2 })),
  ),
  'a base with a realm': asBase(
    answering(401, refusal, (word) => ({ 'www-authenticate': `Basic realm="${headerSafe(word)}"` })),
  ),
  'a target that is denied': asTarget(answering(403, refusal)),
  'a target with a type of its own': asTarget(answering(418, (word) => word)),
}
