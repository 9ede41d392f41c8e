import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { folderOf, problemsOf } from './described.ts'

describe('finding a description', () => {
  it('takes config.xml before all else, as KIWI does', async () => {
    const folder = await folderOf({ 'config.xml': '', 'a.kiwi': '', 'b.kiwi': '', 'config.yaml': '' })
    expect(await findDescription(folder)).toEqual({ folder, file: join(folder, 'config.xml') })
  })

  it('takes the only *.kiwi before YAML', async () => {
    const folder = await folderOf({ 'a.kiwi': '', 'config.yaml': '', 'kiwi.txt': '' })
    expect((await findDescription(folder)).file).toBe(join(folder, 'a.kiwi'))
  })

  it.each(['config.yaml', 'config.yml'])('takes %s', async (name) => {
    const folder = await folderOf({ [name]: '' })
    expect((await findDescription(folder)).file).toBe(join(folder, name))
  })

  it('takes a file that is named itself, whatever else is there', async () => {
    const folder = await folderOf({ 'config.xml': '', 'b.kiwi': '' })
    expect(await findDescription(join(folder, 'b.kiwi'))).toEqual({ folder, file: join(folder, 'b.kiwi') })
  })

  it('refuses a folder that is not there', async () => {
    const { kind, lines } = await problemsOf(() => findDescription('images/appliance'))
    expect(kind).toBe('input')
    expect(lines).toEqual(['input description: images/appliance does not exist: name the folder of a KIWI description'])
  })

  it('refuses two *.kiwi and names both', async () => {
    const folder = await folderOf({ 'a.kiwi': '', 'b.kiwi': '' })
    const { lines } = await problemsOf(() => findDescription(folder))
    expect(lines).toEqual([
      `input description: ${folder} holds a.kiwi and b.kiwi: name the file to build, such as ${folder}/a.kiwi`,
    ])
  })

  it('refuses both names of the YAML form at once', async () => {
    const folder = await folderOf({ 'config.yaml': '', 'config.yml': '' })
    const { lines } = await problemsOf(() => findDescription(folder))
    expect(lines[0]).toContain('holds config.yaml and config.yml')
  })

  it('refuses a folder without a description', async () => {
    const folder = await folderOf({ 'config.sh': '', 'config.xml/inner': '' })
    const { lines } = await problemsOf(() => findDescription(folder))
    expect(lines[0]).toContain('holds no config.xml, *.kiwi, config.yaml or config.yml')
  })

  it('refuses what is neither a folder nor a file', async () => {
    const { lines } = await problemsOf(() => findDescription('/dev/null'))
    expect(lines).toEqual([
      'input description: /dev/null is neither a folder nor a file: name the folder of a KIWI description',
    ])
  })
})
