import { cp, mkdir, mkdtemp, rm } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterEach, beforeEach, describe, expect, it } from 'vitest'
import { runCommand } from '../../../src/command.ts'
import { installKiwi } from '../../../src/kiwi/install.ts'
import { kiwiVersionIn, PINNED_VERSION } from '../../../src/kiwi/version.ts'
import { coded } from '../../support/coded.ts'

const report = { info() {}, warning() {}, output() {}, group() {}, endGroup() {} }

let folder: string
beforeEach(async () => {
  folder = await mkdtemp(join(tmpdir(), 'kiwi-install-'))
})
afterEach(() => rm(folder, { recursive: true }))

const install = (version: string, python = 'python3') =>
  installKiwi({ version, folder: join(folder, 'venv'), python, report })

describe('kiwi-ng from PyPI', () => {
  it('works from a copy of the folder it was installed into, also through a link', async () => {
    await install(PINNED_VERSION)
    await cp(join(folder, 'venv'), join(folder, 'copy'), { recursive: true, verbatimSymlinks: true })
    await rm(join(folder, 'venv'), { recursive: true })
    for (const program of ['copy/path/kiwi-ng', 'copy/bin/kiwi-ng']) {
      const { stdout } = await runCommand(join(folder, program), ['--version'])
      expect(kiwiVersionIn(stdout.toString())).toBe(PINNED_VERSION)
    }
  })

  it('of a version that there is not names the newest', async () => {
    await expect(install('9.999.0')).rejects.toThrow(
      /^input kiwi-version: PyPI has no KIWI '9\.999\.0': the newest are (\d+\.\d+\.\d+, ){4}\d+\.\d+\.\d+$/,
    )
  })

  it('needs a Python that makes virtual environments', async () => {
    await mkdir(join(folder, 'venv'))
    await expect(install(PINNED_VERSION, '/bin/false')).rejects.toThrow(
      coded('host-python', 'install the package python3-venv'),
    )
  })
})
