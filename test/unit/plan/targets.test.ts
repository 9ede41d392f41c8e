import { describe, expect, it } from 'vitest'
import { described, typeOf } from './described.ts'
import { planOf, problemsOf, type Texts } from './request.ts'

const APP = '<containerconfig name="acme/app" tag="1.0" additionalnames=":stable,other"/>'
const FULL = '<containerconfig name="ghcr.io/acme/app" tag="1.0" additionalnames=":stable,other"/>'
const LOGIN = { username: 'me', password: 'secret' }

async function targetsOf(type: string, texts: Texts = {}) {
  await using here = await described(type)
  const { tags, tagsSource, exports, exportsSource, loginRegistry } = await planOf({
    description: here.folder,
    ...texts,
  })
  return { tags, tagsSource, exports, exportsSource, loginRegistry }
}

async function problemsWith(type: string, texts: Texts = {}) {
  await using here = await described(type)
  return await problemsOf({ description: here.folder, ...texts })
}

describe('the exports of a format', () => {
  it.each([
    ['oci:qcow2', APP, ['oci-archive:tiny.x86_64-1.2.3.oci.tar']],
    ['docker:raw', APP, ['docker-archive:tiny.x86_64-1.2.3.docker.tar']],
    ['oci:raw:oci', APP, ['oci:tiny.x86_64-1.2.3.oci']],
    ['oci:raw:oci-archive', APP, ['oci-archive:tiny.x86_64-1.2.3.oci.tar']],
    ['oci:raw:docker-archive', APP, ['docker-archive:tiny.x86_64-1.2.3.docker.tar']],
    ['oci:raw:dir', APP, ['dir:tiny.x86_64-1.2.3.dir']],
    [
      'oci:raw:docker-daemon',
      APP,
      ['docker-daemon:acme/app:1.0', 'docker-daemon:acme/app:stable', 'docker-daemon:other:1.0'],
    ],
    ['oci:raw:containers-storage', '', ['containers-storage:kiwi-container:latest']],
    ['oci:qcow2', '', ['oci-archive:tiny.x86_64-1.2.3.oci.tar:latest']],
    ['oci:qcow2:oci', '', ['oci:tiny.x86_64-1.2.3.oci:latest']],
    ['docker:qcow2', '', ['docker-archive:tiny.x86_64-1.2.3.docker.tar:kiwi-container:latest']],
  ])('%s are those of KIWI, or of its transport (%#)', async (format, container, exports) => {
    expect(await targetsOf(typeOf(format, container))).toMatchObject({
      exports,
      exportsSource: 'format of config.xml:8',
    })
  })

  it('are none where it names no container', async () => {
    expect(await targetsOf(typeOf('qcow2', APP))).toMatchObject({ exports: [], exportsSource: undefined })
    expect(await targetsOf('<type image="oem" filesystem="ext4"/>')).toMatchObject({ exports: [] })
  })

  it('are none where it names a registry', async () => {
    expect(await targetsOf(typeOf('oci:qcow2:docker', FULL))).toMatchObject({ exports: [] })
  })

  it('are named after what KIWI builds for', async () => {
    const texts = { 'kiwi-global-arguments': '--target-arch=aarch64', platform: 'linux/arm64' }
    expect(await targetsOf(typeOf('oci:qcow2', APP), texts)).toMatchObject({
      exports: ['oci-archive:tiny.aarch64-1.2.3.oci.tar'],
    })
  })

  it('give way to the input, and to none', async () => {
    expect(await targetsOf(typeOf('oci:qcow2'), { export: 'oci:x' })).toMatchObject({
      exports: ['oci:x'],
      exportsSource: undefined,
    })
    expect(await targetsOf(typeOf('oci:qcow2'), { export: 'none' })).toMatchObject({ exports: [] })
  })

  it('are refused where docker does not know the name, with the line', async () => {
    expect(await problemsWith(typeOf('docker:qcow2', '<containerconfig name="Acme/App"/>'))).toEqual([
      "config.xml:8: 'Acme/App:latest' is no name that docker knows: repository names are lower case: write acme/app",
    ])
  })

  it('take a name in upper case into a layout, as KIWI does', async () => {
    expect(await targetsOf(typeOf('oci:qcow2', '<containerconfig name="Acme/App"/>'))).toMatchObject({
      exports: ['oci-archive:tiny.x86_64-1.2.3.oci.tar'],
    })
  })

  it('are refused where docker has no such name for its own store, before anything is built', async () => {
    expect(await problemsWith(typeOf('oci:qcow2:docker-daemon', '<containerconfig name="Acme/App"/>'))).toEqual([
      `config.xml:8: format="oci:qcow2:docker-daemon": 'Acme/App:latest' is no name of an image: repository names are lower case: write acme/app`,
    ])
  })

  it('are refused where an archive of the input gets a name that docker does not know', async () => {
    expect(
      await problemsWith(typeOf('qcow2'), { containerconfig: 'name: Acme', export: 'docker-archive:a.tar' }),
    ).toEqual([
      "input containerconfig: 'Acme:latest' is no name that docker knows: repository names are lower case: write acme",
    ])
  })
})

describe('the tags of a name', () => {
  it('are its own registry, for each name that has one', async () => {
    expect(await targetsOf(typeOf('oci:qcow2', FULL))).toMatchObject({
      tags: ['ghcr.io/acme/app:1.0', 'ghcr.io/acme/app:stable'],
      tagsSource: 'name of config.xml:8',
    })
  })

  it('are in the given registry where it has none', async () => {
    expect(await targetsOf(typeOf('oci:qcow2', FULL), { registry: 'localhost:5000' })).toMatchObject({
      tags: ['ghcr.io/acme/app:1.0', 'ghcr.io/acme/app:stable', 'localhost:5000/other:1.0'],
      loginRegistry: undefined,
    })
  })

  it('of a description are pushed to the given registry and to no other', async () => {
    const type = typeOf(
      'oci:qcow2',
      '<containerconfig name="app" additionalnames="evil.example/x:1,ghcr.io/acme/prod:2"/>',
    )
    const texts = { ...LOGIN, push: 'true', registry: 'ghcr.io' }
    expect(await problemsWith(type, texts)).toEqual([
      'config.xml:8: <containerconfig> names evil.example/x:1, and the input registry is ghcr.io: set tags to push elsewhere, or leave the other registry out of the name',
    ])
    expect(await targetsOf(type, { ...texts, tags: 'evil.example/x:1' })).toMatchObject({ tags: ['evil.example/x:1'] })
    expect(await targetsOf(type, { ...texts, push: 'false' })).toMatchObject({ loginRegistry: 'ghcr.io' })
    const own = { ...texts, containerconfig: 'additionalnames: [":3"]' }
    expect(await targetsOf(type, own)).toMatchObject({ tags: ['ghcr.io/app:latest', 'ghcr.io/app:3'] })
  })

  it('of the input may be in another registry than the one of the login', async () => {
    const texts = { ...LOGIN, push: 'true', registry: 'ghcr.io', containerconfig: 'name: quay.io/acme/app' }
    expect(
      await targetsOf(typeOf('oci:qcow2', '<containerconfig name="a" additionalnames=":2"/>'), texts),
    ).toMatchObject({ tags: ['quay.io/acme/app:latest', 'quay.io/acme/app:2'] })
    const further = typeOf('oci:qcow2', '<containerconfig name="evil.example/x" additionalnames="a"/>')
    const tagged = { ...LOGIN, push: 'true', registry: 'ghcr.io', containerconfig: 'additionalnames: [":2"]' }
    expect(await problemsWith(further, tagged)).toHaveLength(2)
  })

  it('are none where no registry is known', async () => {
    expect(await targetsOf(typeOf('oci:qcow2:docker', APP))).toMatchObject({ tags: [], tagsSource: undefined })
  })

  it('give way to the input', async () => {
    expect(await targetsOf(typeOf('oci:qcow2', FULL), { tags: 'quay.io/a/b:1' })).toMatchObject({
      tags: ['quay.io/a/b:1'],
      tagsSource: undefined,
    })
  })

  it('come from the input containerconfig over the description, key by key', async () => {
    const texts = { containerconfig: 'name: quay.io/acme/other\nadditionalnames: null' }
    expect(await targetsOf(typeOf('oci:qcow2', FULL), texts)).toMatchObject({
      tags: ['quay.io/acme/other:1.0'],
      tagsSource: 'name of input containerconfig',
    })
  })

  it('come from the input containerconfig for a disk too', async () => {
    await using here = await described(typeOf('qcow2'))
    const { tags, names } = await planOf({ disk: here.disk, containerconfig: 'name: ghcr.io/acme/app' })
    expect(tags).toEqual(['ghcr.io/acme/app:latest'])
    expect(names).toEqual([{ repository: 'ghcr.io/acme/app', tag: 'latest' }])
  })

  it('are refused where no registry can have them, with the line', async () => {
    expect(await problemsWith(typeOf('oci:qcow2', '<containerconfig name="ghcr.io/Acme/App"/>'))).toEqual([
      expect.stringMatching(
        /^config\.xml:8: 'ghcr\.io\/Acme\/App:latest' is no reference: .*write ghcr\.io\/acme\/app/,
      ),
    ])
  })
})

describe('a push', () => {
  it('without any reference has one problem, which names both ways', async () => {
    expect(await problemsWith(typeOf('oci:qcow2'), { push: 'true' })).toEqual([
      'input push: there are no tags to push to: set tags, or name: REGISTRY/NAME in containerconfig, or leave push out',
    ])
    expect(await problemsWith(typeOf('oci:qcow2', APP), { push: 'true' })).toEqual([
      'input push: there are no tags to push to: set tags, or name: REGISTRY/acme/app in containerconfig, or leave push out',
    ])
  })

  it('to a registry of the format needs a name, with the line', async () => {
    expect(await problemsWith(typeOf('oci:qcow2:docker'), { push: 'true' })).toEqual([
      'config.xml:8: format="oci:qcow2:docker" is for a registry, and nothing names the image there: write <containerconfig name="REGISTRY/NAME">, or set the input tags',
    ])
  })

  it('to a registry of the format takes the tags of the input', async () => {
    const texts = { push: 'true', tags: 'ghcr.io/a/b:1' }
    expect(await targetsOf(typeOf('oci:qcow2:docker'), texts)).toMatchObject({ tags: ['ghcr.io/a/b:1'] })
  })
})

describe('the registry of a login', () => {
  it('is the one of all tags', async () => {
    expect(await targetsOf(typeOf('qcow2'), { ...LOGIN, tags: 'ghcr.io/a/b:1' })).toMatchObject({
      loginRegistry: 'ghcr.io',
    })
    expect(await problemsWith(typeOf('qcow2'), { ...LOGIN, tags: 'ghcr.io/a/b:1\nquay.io/a/b:1' })).toEqual([
      'input registry: missing, and tags name ghcr.io and quay.io: write the registry that the login is for',
    ])
    expect(await problemsWith(typeOf('qcow2'), LOGIN)).toEqual([
      'input registry: missing, and there are no tags to take it from: write the registry that the login is for',
    ])
  })

  it('is the one of the name that the input gives', async () => {
    const texts = { ...LOGIN, containerconfig: 'name: quay.io/acme/app' }
    expect(await targetsOf(typeOf('oci:qcow2', '<containerconfig name="a"/>'), texts)).toMatchObject({
      loginRegistry: 'quay.io',
    })
  })

  it('is never the one that a description names: a password is told to nobody that it chose', async () => {
    const problem =
      'input registry: missing, and only the description names one: write the registry that the login is for'
    expect(await problemsWith(typeOf('oci:qcow2', FULL), { ...LOGIN, push: 'true' })).toEqual([problem])
    const further = '<containerconfig name="a" additionalnames="quay.io/acme/app"/>'
    const texts = { ...LOGIN, push: 'true', containerconfig: 'name: acme/app' }
    expect(await problemsWith(typeOf('oci:qcow2', further), texts)).toEqual([problem])
  })

  it('is the given one', async () => {
    const texts = { ...LOGIN, registry: 'https://quay.io/', tags: 'ghcr.io/a/b:1' }
    expect(await targetsOf(typeOf('qcow2'), texts)).toMatchObject({ loginRegistry: 'quay.io' })
  })

  it('is refused where there is neither a login nor a name that it could be for', async () => {
    const problem = 'input registry: a login for ghcr.io needs username and password: give both, or leave registry out'
    expect(await problemsWith(typeOf('qcow2'), { registry: 'ghcr.io' })).toEqual([problem])
    expect(await problemsWith(typeOf('oci:qcow2', APP), { registry: 'ghcr.io', tags: 'ghcr.io/a/b:1' })).toEqual([
      problem,
    ])
  })

  it('says nothing beside half a login', async () => {
    expect(await problemsWith(typeOf('qcow2'), { registry: 'ghcr.io', username: 'me' })).toEqual([
      'input password: missing while a username is given: a login needs both',
    ])
  })
})
