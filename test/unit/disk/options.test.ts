import { describe, expect, it } from 'vitest'
import { optionProblems, qemuOptions } from '../../../src/disk/options.ts'

describe('options of a description', () => {
  it('have no problem where there are none, or where qemu-img alone knows them', () => {
    expect(optionProblems('qcow2', { qemu: [] })).toEqual([])
    expect(optionProblems('qcow2', { qemu: ['constructor', 'toString=1'] })).toEqual([])
    expect(optionProblems('vmdk', { qemu: ['subformat=streamOptimized', 'hwversion=19', 'whatever'] })).toEqual([])
  })

  it.each([
    [
      'qcow2',
      'backing_file=/etc/passwd',
      'formatoptions: backing_file names another file, and the disk is alone in the image: leave it out',
    ],
    [
      'qcow2',
      'data_file=data',
      'formatoptions: data_file names another file, and the disk is alone in the image: leave it out',
    ],
    [
      'qcow2',
      'encrypt.format=luks',
      'formatoptions: encrypt.format needs a key, which qemu-img is not given: leave it out',
    ],
    ['vdi', 'size=1G', 'formatoptions: size is what <size> of the type says: leave it out'],
    [
      'vmdk',
      'subformat=monolithicSparse,backing_file=x',
      'formatoptions: "subformat=monolithicSparse,backing_file=x" holds a comma: write single options',
    ],
    [
      'vmdk',
      'subformat=monolithicFlat',
      'the vmdk of subformat monolithicFlat is several files, of which the image would hold one: write monolithicSparse or streamOptimized',
    ],
  ] as const)('for %s, %s is refused', (format, option, problem) => {
    expect(optionProblems(format, { qemu: ['lazy_refcounts=on', option] })).toEqual([problem])
  })

  it.each(['raw', 'gce'] as const)('are nothing to %s, as by KIWI', (format) => {
    expect(optionProblems(format, { qemu: ['backing_file=x'] })).toEqual([])
    expect(qemuOptions(format, { qemu: ['preallocation=full'] })).toEqual([])
  })

  it('for an ova do not take its vmdk apart', () => {
    expect(optionProblems('ova', { qemu: ['subformat=twoGbMaxExtentFlat'] })).toEqual([])
    expect(qemuOptions('ova', { qemu: ['subformat=twoGbMaxExtentFlat'] }).at(-1)).toBe('subformat=streamOptimized')
  })

  it.each([
    [{ dvd: { controller: 'sata' } }, 'controller="sata" of <vmdvd> is not known: write ide or scsi'],
    [{ dvd: { controller: 'constructor' } }, 'controller="constructor" of <vmdvd> is not known: write ide or scsi'],
    [{ ovfType: 'zvm' }, 'ovftype="zvm" of <machine> is not known: write vmware'],
  ])('of a machine %j are refused for an ova alone', (machine, problem) => {
    const options = { qemu: [], machine: { nics: [], ...machine } }
    expect(optionProblems('ova', options)).toEqual([problem])
    expect(optionProblems('vmdk', options)).toEqual([])
  })

  it('stand behind ours that they can change, and before ours that make the format', () => {
    expect(qemuOptions('vhd-fixed', { qemu: ['force_size=off', 'subformat=dynamic'] })).toEqual([
      'force_size=on',
      'force_size=off',
      'subformat=dynamic',
      'subformat=fixed',
    ])
  })

  it.each(['pvscsi', 'lsisas1068', 'lsilogic'])('name the adapter %s as a vmdk knows it', (adapter) => {
    expect(qemuOptions('vmdk', { qemu: [`adapter_type=${adapter}`] })).toEqual(['adapter_type=lsilogic'])
  })
})

describe('vhdfixedtag', () => {
  const problem = (tag: string) => optionProblems('vhd-fixed', { qemu: [], vhdFixedTag: tag })

  it('is a GUID in small letters', () => {
    expect(problem('12345678-9abc-def0-1234-56789abcdef0')).toEqual([])
  })

  it.each([
    '12345678-9ABC-def0-1234-56789abcdef0',
    '123456789abcdef0123456789abcdef0',
    '12345678-9abc-def0-1234-56789abcdef0\n',
    'billing',
  ])('%j is none', (tag) => {
    expect(problem(tag)).toEqual([
      `vhdfixedtag="${tag}" is no GUID: write one like 12345678-9abc-def0-1234-56789abcdef0, in small letters`,
    ])
  })

  it('is nothing to another format', () => {
    expect(optionProblems('vhd', { qemu: [], vhdFixedTag: 'billing' })).toEqual([])
  })
})

describe('a machine', () => {
  it.each(['9', '13', '21', undefined])('of the hardware version %s can be an appliance', (version) => {
    const machine = { nics: [], ...(version === undefined ? {} : { hardwareVersion: version }) }
    expect(optionProblems('ova', { qemu: [], machine })).toEqual([])
  })

  it('with a version or a controller that nobody knows is refused for an appliance only', () => {
    const machine = { nics: [], hardwareVersion: 'vmx-9', diskController: 'floppy' }
    expect(optionProblems('ova', { qemu: [], machine })).toEqual([
      `HWversion="vmx-9" is no version of VMware's hardware: write a number, like 13`,
      'controller="floppy" of <vmdisk> is not known: write ide, buslogic, lsilogic, legacyESX, scsi, lsisas1068, pvscsi, paravirtual, sata, nvme',
    ])
    expect(optionProblems('qcow2', { qemu: [], machine })).toEqual([])
  })
})
