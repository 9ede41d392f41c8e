import { mkdir, readdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'
import { it } from 'vitest'
import { runAsRoot } from '../support/root.ts'
import { moment, touchedSince } from '../support/touched.ts'
import { jobIn, makeWork, removeWork, startSupervisor } from '../system/kiwi/supervised.ts'
import { Tried } from './support/tried.ts'

/**
 * What KIWI 11.1.6 and what it calls do on the machine that builds, with files of the machine touched and not written: a
 * build that is not kept apart must not cost the machine that shows it.
 */
const WRITES: Readonly<Record<string, string>> = {
  'a keyring of the description': 'touch /etc/apt/keyrings/kiwi-12345678-0.gpg',
  'an empty status of dpkg': 'touch /var/lib/dpkg/status.kiwi',
  "the machine's own status of dpkg": 'touch /var/lib/dpkg/status',
  "dpkg's locks":
    'exec 9>>/var/lib/dpkg/lock-frontend 8>>/var/lib/dpkg/lock; flock -n 9; flock -n 8; touch /proc/self/fd/9',
  "apt's logs":
    'mkdir -p /var/log/apt; for name in history.log term.log eipp.log.xz; do touch /var/log/apt/$name; done',
  'logs of dnf, zypper and dpkg': 'for log in dnf zypper dpkg; do touch /var/log/$log.log; done',
  'questions of packages': 'for name in config templates passwords; do touch /var/cache/debconf/$name.dat; done',
  "blkid's list": 'touch /run/blkid/blkid.tab; rm -f /run/blkid/blkid.tab.old',
  'packages in its cache': 'mkdir /var/cache/kiwi/apt-get; touch /var/cache/kiwi/apt-get/some.deb',
  'a mount': 'mount -t tmpfs none /mnt; touch /mnt/file',
}

it('what KIWI writes on the machine goes with the build', async () => {
  const tried = new Tried('footprint', 'things that KIWI writes on the machine')
  const work = await makeWork('')
  try {
    const since = await moment()
    for (const [what, script] of Object.entries(WRITES)) {
      await writeFile(join(work, 'program'), `#!/bin/sh -e\n${script}\n`)
      const cache = join(work, 'cache')
      await mkdir(cache)
      const { ended, lines } = startSupervisor(jobIn(work, { bind: { from: cache, to: '/var/cache/kiwi' } }))
      const wrong = (await ended) === 0 ? [] : [`it could not: ${lines.join(' ')}`]
      await runAsRoot('rm', '-rf', cache)
      const left = (await readdir(work)).filter((name) => !['.kiwi-oci', 'program'].includes(name))
      tried.add(what, [...wrong, ...left.map((name) => `${name} stays in the work folder`)])
    }
    tried.add('the whole machine afterwards', await touchedSince(since))
  } finally {
    await removeWork(work)
  }
  await tried.finish(Object.keys(WRITES).length + 1)
})
