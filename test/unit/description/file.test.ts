import { truncate, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { findDescription } from '../../../src/description/find.ts'
import { readDescription } from '../../../src/description/read.ts'
import { described, image, preferences, problemsOf, temporaryFolder } from './described.ts'

it('a device in the place of an included file is refused, and not read for ever', async () => {
  const text = image('<include from="/dev/zero"/>', preferences('<type image="oem"/>'))
  expect((await problemsOf(() => described(text))).lines).toEqual([
    'zero:1: /dev/zero is no regular file: name the file of a description',
  ])
})

it('a file beyond all measure is refused unread', async () => {
  const file = join(await temporaryFolder(), 'config.xml')
  await writeFile(file, '')
  await truncate(file, 2 ** 40)
  const { lines } = await problemsOf(async () => readDescription(await findDescription(file)))
  expect(lines).toEqual([`config.xml:1: ${file} has ${2 ** 40} bytes: a description has at most 16 MiB`])
})
