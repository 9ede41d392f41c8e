import { describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { type BuildChoice, selectType } from '../../../src/description/select.ts'
import { described, fixture, image, preferences } from './described.ts'

const X86: BuildChoice = { profiles: [], architecture: 'x86_64' }
const WHO = '<description><author>Ada</author><contact>ada@example.org</contact></description>'

async function selected(container: string, other = '') {
  return selectType(await described(image(other, preferences(`<type image="oem">${container}</type>`))), X86)
}

const changesOf = async (content: string) =>
  (await selected(`<containerconfig name="a">${content}</containerconfig>`)).containerConfig

describe('<containerconfig>', () => {
  it('becomes changes of the config and names', async () => {
    const description = await readDescription(await findDescription(fixture('container')))
    expect(selectType(description, X86)).toMatchObject({
      containerConfig: {
        author: 'Ada',
        entrypoint: ['/bin/run', '--fast & loud', ''],
        cmd: null,
        env: { A: '1=2' },
        labels: { 'org.example.a': '"b"' },
        user: '107',
        workdir: '/disk',
        expose: ['22', '53/udp'],
        volumes: ['/data'],
        stopsignal: 'SIGTERM',
        history: { author: 'Ada', comment: 'first' },
      },
      naming: { name: 'appliance', tag: '1', additionalNames: ['a:b', ':c'] },
      author: 'Ada',
    })
  })

  it('changes nothing that it does not name', async () => {
    const section =
      '<containerconfig name="a" user="" tag=""><entrypoint execute=""/><subcommand clear="false"/></containerconfig>'
    const selection = await selected(section)
    expect(selection.containerConfig).toEqual({})
    expect(selection.naming).toEqual({ name: 'a' })
  })

  it('takes arguments only with a command', async () => {
    expect(await changesOf('<subcommand execute="a"><argument name="b"/></subcommand>')).toEqual({ cmd: ['a', 'b'] })
    expect(await changesOf('<subcommand execute=""><argument name="b"/></subcommand>')).toEqual({})
  })

  it('clears what the base starts', async () => {
    expect(await changesOf('<entrypoint clear="1"/><subcommand clear=" true "/>')).toEqual({
      entrypoint: null,
      cmd: null,
    })
  })

  it('has its variables and labels by name, the last of each, as KIWI hands them on', async () => {
    const env = '<environment><env name="B" value="1"/><env name="A" value="2"/><env name="B" value="3"/></environment>'
    const changes = await changesOf(`${env}<labels><label name="b" value=""/><label name="a" value="x"/></labels>`)
    expect(Object.entries(changes?.env ?? {})).toEqual([
      ['A', '2'],
      ['B', '3'],
    ])
    expect(Object.entries(changes?.labels ?? {})).toEqual([
      ['a', 'x'],
      ['b', ''],
    ])
  })

  it('has further names without the white space around them', async () => {
    const { naming } = await selected('<containerconfig name="a" additionalnames=" b:1 ,:2,, c/d:3 "/>')
    expect(naming?.additionalNames).toEqual(['b:1', ':2', 'c/d:3'])
  })

  it('has further tags in schemas before 7.5', async () => {
    const type = '<type image="oem"><containerconfig name="a" additionaltags="b,c"/></type>'
    const old = image(preferences(type)).replace('8.0', '7.4')
    expect(selectType(await described(old), X86).naming?.additionalNames).toEqual([':b', ':c'])
  })

  it('says in the history who made the image, how, and what about it', async () => {
    const history = '<history created_by="by hand" author="Eve" launcher="x">\n  a <![CDATA[<note>]]>\n</history>'
    expect(await changesOf(history)).toEqual({
      history: { createdBy: 'by hand', author: 'Eve', comment: '\n  a <note>\n' },
    })
  })

  it('is absent where neither it nor an author is there', async () => {
    const selection = await selected('')
    expect(Object.keys(selection)).not.toContain('containerConfig')
    expect(Object.keys(selection)).not.toContain('naming')
    expect(Object.keys(selection)).not.toContain('author')
  })
})

describe('the author of a description', () => {
  const ADA = 'Ada <ada@example.org>'

  it('made the image and its layer also where there is no container section', async () => {
    const selection = await selected('', WHO)
    expect(selection.containerConfig).toEqual({ author: ADA, history: { author: ADA } })
    expect(selection.author).toBe(ADA)
  })

  it('made the layer where another maintains the container', async () => {
    const selection = await selected('<containerconfig name="a" maintainer="Eve"/>', WHO)
    expect(selection.containerConfig).toEqual({ author: 'Eve', history: { author: ADA } })
  })

  it('is the author of a history that names none', async () => {
    const selection = await selected('<containerconfig name="a"><history created_by="x"/></containerconfig>', WHO)
    expect(selection.containerConfig?.history).toEqual({ createdBy: 'x', author: ADA })
  })
})
