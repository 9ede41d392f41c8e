import { describe, expect, it } from 'vitest'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

async function configOf(container: string, texts: Texts = {}) {
  await using here = await described(typeOf('oci:qcow2', container))
  return (await planOf({ description: here.folder, ...texts })).config
}

const AUTHOR = 'Tux <tux@example.com>'

describe('the config of a plan', () => {
  it('has the author of the description, who made the disk too', async () => {
    expect(await configOf('')).toEqual({ author: AUTHOR, history: { author: AUTHOR } })
  })

  it('has the maintainer of the container for its author', async () => {
    expect(await configOf('<containerconfig name="a" maintainer="Me"/>')).toEqual({
      author: 'Me',
      history: { author: AUTHOR },
    })
  })

  it('has what the input says over the description, key by key', async () => {
    const container =
      '<containerconfig name="a" user="kiwi" workingdir="/work"><subcommand execute="a"/></containerconfig>'
    const containerconfig = 'cmd: [b]\nuser: null\nmaintainer: You\nhistory: {comment: why}'
    expect(await configOf(container, { containerconfig })).toEqual({
      author: 'You',
      user: null,
      workdir: '/work',
      cmd: ['b'],
      history: { author: AUTHOR, comment: 'why' },
    })
  })

  it('has no author that nobody named', async () => {
    await using here = await described(typeOf('qcow2'))
    expect((await planOf({ disk: here.disk })).config).toEqual({})
  })

  it('refuses what belongs to a name where there is none', async () => {
    await using here = await described(typeOf('qcow2'))
    expect(await problemsOf({ disk: here.disk, containerconfig: 'tag: 1.0' })).toEqual([
      'input containerconfig: tag: belongs to a name, and there is none: write name',
    ])
    expect(await problemsOf({ disk: here.disk, containerconfig: 'additionalnames: [a]' })).toEqual([
      'input containerconfig: additionalnames: belongs to a name, and there is none: write name',
    ])
  })

  it('tells all that is wrong in the description and the inputs at once', async () => {
    const container = '<containerconfig name="a b" workingdir="rel"/>'
    await using here = await described(typeOf('oci:qcow2', container))
    expect(await problemsOf({ description: here.folder, containerconfig: 'nam: x', push: 'true' })).toEqual([
      expect.stringMatching(/^input containerconfig: unknown key "nam": did you mean name\?/),
      expect.stringMatching(/^config\.xml:8: <containerconfig> name: "a b" is no name of a container/),
      expect.stringMatching(/^config\.xml:8: <containerconfig> workingdir: /),
      expect.stringMatching(/^input push: /),
    ])
  })

  it('tells nothing of targets that a description names that cannot be read', async () => {
    await using here = await described('<type>')
    const problems = await problemsOf({ description: here.folder, push: 'true', username: 'a', password: 'b' })
    expect(problems).toEqual([expect.stringMatching(/^config\.xml:/)])
  })
})
