import { describe, expect, it } from 'vitest'
import { selectType } from '../../../src/description/select.ts'
import { described, image, preferences } from './described.ts'

async function selected(attributes: string, content = '', displayName = '') {
  const xml = image(preferences(`<type image="oem" ${attributes}>${content}</type>`))
  const named = xml.replace('<image', `<image ${displayName}`)
  return selectType(await described(named), { profiles: [], architecture: 'x86_64' })
}

const optionsOf = async (attributes: string, content = '') => (await selected(attributes, content)).formatOptions

describe('the options of a format', () => {
  it.each([
    ['', []],
    ['formatoptions=""', []],
    ['formatoptions="b=1,a=2,c"', ['a=2', 'b=1', 'c']],
    ['formatoptions="a=1,a=2"', ['a=2']],
    ['formatoptions="a=,b=c=d,,"', ['a', 'b']],
  ])('of %j are %j, as KIWI takes them apart', async (attributes, options) => {
    expect(await optionsOf(attributes)).toEqual(options)
  })

  it('hold what <vmdisk> says, for formats of VMware', async () => {
    const machine = '<machine><vmdisk controller="lsilogic" diskmode="streamOptimized"/></machine>'
    const options = ['adapter_type=lsilogic', 'b=1', 'subformat=streamOptimized']
    expect(await optionsOf('format="vmdk" formatoptions="b=1"', machine)).toEqual(options)
    expect(await optionsOf('format="oci:ova" formatoptions="b=1"', machine)).toEqual(options)
    expect(await optionsOf('format="vdi" formatoptions="b=1"', machine)).toEqual(['b=1'])
    expect(await optionsOf('formatoptions="b=1"', machine)).toEqual(['b=1'])
  })

  it('have no pvscsi, which qemu-img does not know', async () => {
    const machine = '<machine><vmdisk controller="pvscsi"/></machine>'
    expect(await optionsOf('format="vmdk"', machine)).toEqual(['adapter_type=lsilogic'])
  })
})

describe('the machine that a disk is for', () => {
  it('is all that <machine> says', async () => {
    const machine = `<machine memory=" 512 " ncpus="2" guestOS="suse-64" HWversion="13" ovftype="vmware">
      <vmdisk controller="pvscsi" diskmode="monolithicSparse" id="1"/><vmdvd controller="scsi" id="2"/>
      <vmnic interface="0" driver="e1000" mode="bridged" mac="98:90:96:a0:3c:58"/><vmnic interface="1"/></machine>`
    expect((await selected('format="ova"', machine, 'displayname="A box"')).machine).toEqual({
      memoryMegabytes: 512,
      cpus: 2,
      guestOS: 'suse-64',
      hardwareVersion: '13',
      diskController: 'pvscsi',
      diskMode: 'monolithicSparse',
      dvd: { controller: 'scsi' },
      ovfType: 'vmware',
      nics: [{ interface: '0', driver: 'e1000', mode: 'bridged', mac: '98:90:96:a0:3c:58' }, { interface: '1' }],
      displayName: 'A box',
    })
  })

  it('has a name also where nothing else is said', async () => {
    expect((await selected('', '', 'displayname="A box"')).machine).toEqual({ nics: [], displayName: 'A box' })
    expect((await selected('', '<machine memory="0"/>')).machine).toEqual({ nics: [] })
  })

  it('is absent where the description says nothing of it', async () => {
    expect(Object.keys(await selected('', '', 'displayname=""'))).not.toContain('machine')
  })

  it('has the controller of VMware that schemas before 5.9 called scsi', async () => {
    const machine = '<machine><vmdisk controller="scsi"/></machine>'
    expect((await selected('', machine)).machine).toEqual({ nics: [], diskController: 'lsilogic' })
  })
})

describe('the tags of clouds', () => {
  it('are those of the type', async () => {
    const tags = 'vhdfixedtag=" 22222222-1111-0000-9999-888888888888 " gcelicense="license"'
    expect(await selected(tags)).toMatchObject({
      vhdFixedTag: '22222222-1111-0000-9999-888888888888',
      gceLicense: 'license',
    })
  })

  it('are absent where they are empty', async () => {
    const type = await selected('vhdfixedtag="" gcelicense=""')
    expect(Object.keys(type)).not.toContain('vhdFixedTag')
    expect(Object.keys(type)).not.toContain('gceLicense')
  })
})
