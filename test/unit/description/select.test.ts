import { describe, expect, it } from 'vitest'
import { type BuildChoice, selectType } from '../../../src/description/select.ts'
import { described, image, preferences, problemsOf } from './described.ts'

const X86: BuildChoice = { profiles: [], architecture: 'x86_64' }

async function selected(types: readonly string[], choice: Partial<BuildChoice> = {}) {
  return selectType(await described(image(preferences(...types))), { ...X86, ...choice })
}

const refused = (types: readonly string[], choice: Partial<BuildChoice> = {}) =>
  problemsOf(() => selected(types, choice))

describe('the type', () => {
  it('is the primary one', async () => {
    const type = await selected(['<type image="iso"/>', '<type image="oem" primary="true"/>', '<type image="oem"/>'])
    expect(type).toMatchObject({ image: 'oem', reason: 'oem, the primary one of 3 types' })
  })

  it('is the first where none is primary', async () => {
    expect(await selected(['<type image="oem" filesystem="xfs"/>', '<type image="oem"/>'])).toMatchObject({
      filesystem: 'xfs',
      reason: 'oem, the first of 2 types',
    })
  })

  it('is the first of the name asked for, primary or not, as KIWI does', async () => {
    const types = [
      '<type image="iso" primary="1"/>',
      '<type image="oem" filesystem="xfs"/>',
      '<type image="oem" primary="true"/>',
    ]
    expect(await selected(types, { type: 'oem' })).toMatchObject({
      filesystem: 'xfs',
      reason: 'oem, the first of 2 of oem as asked for',
    })
  })

  it('is the only one', async () => {
    expect((await selected(['<type image="oem"/>'])).reason).toBe('oem, the only type')
  })

  it('is an oem where an old schema says vmx, by either name', async () => {
    const types = ['<type image="vmx" bootloader="extlinux"/>']
    expect(await selected(types)).toMatchObject({ image: 'oem', bootloader: 'extlinux' })
    expect((await selected(types, { type: 'oem' })).image).toBe('oem')
    expect((await selected(types, { type: 'vmx' })).image).toBe('oem')
  })

  it('is refused where it yields no disk', async () => {
    const { kind, lines } = await refused(['\n<type image="iso"/>'])
    expect(kind).toBe('description')
    expect(lines).toEqual(['config.xml:3: the type image="iso" yields no disk: write image="oem"'])
  })

  it('is refused with the input to set where another type yields a disk', async () => {
    const { lines } = await refused(['<type image="docker"/>', '<type image="oem"/>'])
    expect(lines).toEqual(['config.xml:2: the type image="docker" yields no disk: set the input type to oem'])
  })

  it('is the fault of the input that asked for it', async () => {
    const { kind, lines } = await refused(['<type image="docker"/>', '<type image="oem"/>'], { type: 'docker' })
    expect(kind).toBe('input')
    expect(lines).toEqual(['input type: the type image="docker" yields no disk: set the input type to oem'])
  })

  it('is refused where the input asks for one that is not there', async () => {
    const { lines } = await refused(['<type image="oem"/>'], { type: 'iso' })
    expect(lines).toEqual(['input type: the description has no type iso: write oem'])
  })

  it('is refused where there is none', async () => {
    expect((await refused([])).lines).toEqual([
      'config.xml:1: there is no <type>: write <type image="oem" …> in <preferences>',
    ])
  })

  it('is refused where all are for profiles, which it names', async () => {
    const description = await described(
      image(
        '<profiles><profile name="a"/></profiles>',
        preferences('<type image="oem"/>').replace('>', ' profiles="a">'),
      ),
    )
    expect((await problemsOf(() => selectType(description, X86))).lines).toEqual([
      'input profiles: config.xml has types for profiles only: set one of a',
    ])
  })

  it('is refused where all are for other machines', async () => {
    const description = await described(
      image(preferences('<type image="oem"/>').replace('>', ' arch="aarch64,ppc64">')),
    )
    expect((await problemsOf(() => selectType(description, X86))).lines).toEqual([
      'config.xml:1: there is no <type> for x86_64: write <type image="oem" …> in <preferences>',
    ])
    expect(selectType(description, { ...X86, architecture: 'ppc64' }).image).toBe('oem')
  })
})

describe('the format of a type', () => {
  it('is the one of the attribute, with what it says about the image', async () => {
    const type = await selected(['<type image="oem" format=" oci:vmdk:dir "/>'])
    expect(type).toMatchObject({ format: ' oci:vmdk:dir ', diskFormat: 'vmdk', archive: 'dir' })
  })

  it('may be left out', async () => {
    const type = await selected(['<type image="oem"/>'])
    expect(Object.keys(type)).not.toContain('format')
    expect(Object.keys(type)).not.toContain('diskFormat')
  })

  it('says nothing about the image where it is plain', async () => {
    const type = await selected(['<type image="oem" format="vhd-fixed"/>'])
    expect(type).toMatchObject({ diskFormat: 'vhd-fixed' })
    expect(Object.keys(type)).not.toContain('archive')
  })

  it('is refused where only KIWI itself writes it', async () => {
    const { kind, lines } = await refused(['<type image="oem"\nformat="vagrant"/>'])
    expect(kind).toBe('description')
    expect(lines).toEqual([
      'config.xml:3: format="vagrant" is a box that only KIWI itself makes: write qcow2, raw, vmdk, vdi, vhd, vhdx, vhd-fixed, gce or ova, or set the input format',
    ])
  })

  it('of KIWI alone is no obstacle where the input says another', async () => {
    const type = await selected(['<type image="oem" format="vagrant"/>'], { format: 'raw' })
    expect(type.format).toBe('vagrant')
    expect(type.diskFormat).toBeUndefined()
  })

  it('is refused where it is not known, whatever the input says', async () => {
    const { kind, lines } = await refused(['<type image="oem"\nformat="oci:qcow"/>'], { format: 'raw' })
    expect(kind).toBe('description')
    expect(lines).toEqual([expect.stringMatching(/^config\.xml:3: format="oci:qcow" is not known: .*qcow2/)])
  })
})
