import { mkdtempDisposable, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { describe, expect, it } from 'vitest'
import { digestHex, digestOf, fileDigest, isDigest } from '../../../src/oci/digest.ts'

const EMPTY = 'sha256:e3b0c44298fc1c149afbf4c8996fb92427ae41e4649b934ca495991b7852b855'

describe('digest', () => {
  it('takes sha256 with 64 lower-case hexadecimal digits', () => {
    expect(isDigest(EMPTY)).toBe(true)
  })

  it.each([
    ['sha512', `sha512:${'a'.repeat(128)}`],
    ['capitals', EMPTY.toUpperCase()],
    ['one digit less', EMPTY.slice(0, -1)],
    ['one digit more', `${EMPTY}0`],
    ['a path that climbs out', 'sha256:../../../../etc/shadow'],
    ['a line behind it', `${EMPTY}\n`],
    ['nothing', ''],
  ])('refuses %s', (_, text) => {
    expect(isDigest(text)).toBe(false)
  })

  it('names the file of a blob by its digits', () => {
    expect(digestHex(EMPTY)).toBe(EMPTY.slice(7))
  })

  it('is the same for bytes, their text and a file of them', async () => {
    await using folder = await mkdtempDisposable(join(tmpdir(), 'oci-'))
    const path = join(folder.path, 'file')
    await writeFile(path, 'äbc')
    expect(digestOf('äbc')).toBe(digestOf(Buffer.from('äbc')))
    expect(await fileDigest(path)).toEqual({ digest: digestOf('äbc'), sizeBytes: 4 })
  })
})
