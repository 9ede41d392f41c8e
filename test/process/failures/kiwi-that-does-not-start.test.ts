import { writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { description, failure, place } from '../support/cli.ts'

it("a kiwi-ng of the machine's own that does not start", async () => {
  await using here = await place()
  await here.write('config.xml', description())
  await writeFile(join(here.folder, 'kiwi-ng'), '#!/bin/sh\nexit 1\n', { mode: 0o755 })
  const options = { env: { PATH: `${here.folder}:${process.env['PATH']}` } }
  expect(await failure(here, 'host-kiwi', ['--description', '.', '--kiwi-version', 'system'], options)).toEqual([
    'the kiwi-ng of this machine does not start: run kiwi-ng --version to see why',
  ])
})
