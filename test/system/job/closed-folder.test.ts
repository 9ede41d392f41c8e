import { mkdir, mkdtemp, rm, stat } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { expect, it } from 'vitest'
import { publicMirrors } from '../../../src/host/mirrors.ts'
import { buildDescription } from '../../../src/job/description.ts'
import { Stopwatch } from '../../../src/job/stopwatch.ts'
import { testAccess } from '../../support/registry.ts'
import { described, typeOf } from '../../unit/plan/described.ts'
import { planOf } from '../../unit/plan/request.ts'

it('the folder of the job is closed to others again when the build fails', async () => {
  await using here = await described(typeOf('raw'))
  await using access = await testAccess()
  // The log of the build stays beside it.
  const parent = await mkdtemp(join(tmpdir(), 'closed-folder-'))
  const workFolder = join(parent, 'job')
  await mkdir(workFolder)
  const { source } = await planOf({ description: here.folder })
  if (source.kind !== 'description') throw new Error('the plan is one of a disk')
  const job = {
    workFolder,
    access,
    machine: {
      architecture: 'x86_64',
      mirrors: publicMirrors,
      nodePath: process.execPath,
      supervisorPath: '/no/such/supervisor.js',
      owner: { uid: 0, gid: 0 },
      offered: {},
      now: () => 0,
    },
    caches: {},
    report: access.report,
    stopwatch: new Stopwatch(() => 0),
    signal: AbortSignal.timeout(60_000),
  }
  const kiwi = { path: '/no/such/kiwi-ng', version: '10.0.0' }
  try {
    await expect(buildDescription({ source, kiwi, folder: here.folder, fastBuild: false }, job)).rejects.toThrow('KIWI')
    expect((await stat(workFolder)).mode & 0o777).toBe(0o700)
  } finally {
    await rm(parent, { recursive: true })
  }
})
