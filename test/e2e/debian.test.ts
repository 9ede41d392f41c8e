import { chmod, mkdir, mkdtemp, readdir, readFile, rm, stat, symlink, writeFile } from 'node:fs/promises'
import { tmpdir } from 'node:os'
import { join } from 'node:path'
import { afterAll, beforeAll, describe, expect, it } from 'vitest'
import { type Place, place, type Run } from '../process/support/cli.ts'
import { type Base, makeBase, pushBase } from '../support/base.ts'
import { bootToLogin, LOGIN } from '../support/boot.ts'
import { type Registry, startRegistry } from '../support/registry.ts'
import { runAsRoot } from '../support/root.ts'
import { repositoryRoot } from '../support/tools.ts'
import { moment, touchedSince } from '../support/touched.ts'
import { byDigest, mergedWithArm64 } from './support/architectures.ts'
import { differences, diskTree } from './support/disktree.ts'
import { hostState, processesOf } from './support/hoststate.ts'
import { type Podman, startPodman } from './support/podman.ts'
import { answerFrom, freePort } from './support/port.ts'
import { type Pulled, pull } from './support/pulled.ts'
import { mainCommand, readmeCommand } from './support/readme.ts'
import { buildRuntimeBase } from './support/runtimebase.ts'

type State = Awaited<ReturnType<typeof hostState>>

describe("the README's command", () => {
  let registry: Registry
  let base: Base
  let here: Place
  let folder: string
  let built: Run
  let states: readonly [State, State]
  let pulled: Pulled
  const digest = () => built.stdout.trim()
  const tags = () => ['1.0.0', 'latest'].map((tag) => `${registry.address}/acme/debian:${tag}`)

  beforeAll(async () => {
    registry = await startRegistry()
    base = await makeBase()
    here = await place()
    folder = await mkdtemp(join(tmpdir(), 'kiwi-oci-e2e-'))
    await pushBase(base, `${registry.address}/acme/base:1`)
    for (const name of ['dist', 'examples']) await symlink(join(repositoryRoot, name), join(here.folder, name))
    const before = await hostState()
    const target = ['--tags', tags().join(','), '--push', '--tls-verify=false', '--metadata-file', 'm.json']
    const config = 'entrypoint: [/bin/sh]\ncmd: null\nenv: {GREETING: hello}\n'
    const more = ['--base-image', `${registry.address}/acme/base:1`, '--containerconfig', config]
    built = await here.run([...(await mainCommand()), ...target, ...more])
    console.info(built.stderr.replaceAll(/^ {2}.*\n/gm, ''))
    expect(built.exitCode, built.stderr).toBe(0)
    states = [before, await hostState()]
    pulled = await pull(`${registry.address}/acme/debian@${digest()}`, folder)
  })
  afterAll(async () => {
    for (const each of [registry, base, here]) await each?.[Symbol.asyncDispose]()
    if (folder) await rm(folder, { recursive: true })
  })

  it('builds a Debian, here on a base and pushed to a registry as well, and leaves nothing on the machine', async () => {
    expect(built.stdout).toMatch(/^sha256:[0-9a-f]{64}\n$/)
    expect(await here.leftovers()).toEqual([])
    expect(states[1]).toEqual(states[0])
    expect(JSON.parse(await readFile(join(here.folder, 'm.json'), 'utf8'))).toMatchObject({
      'containerimage.digest': digest(),
      'image.name': tags().join(','),
      disk: { path: '/disk/debian-example.x86_64-1.0.0.qcow2', format: 'qcow2', virtualSizeBytes: 1500 * 1024 * 1024 },
      base: { name: `${registry.address}/acme/base:1`, digest: base.digests.amd64 },
      kiwi: { version: '11.1.6' },
    })
    const index = JSON.parse(await readFile(join(here.folder, 'image/index.json'), 'utf8'))
    expect(index.manifests).toMatchObject([{ digest: digest(), platform: { os: 'linux', architecture: 'amd64' } }])
    expect(pulled.manifest.layers.slice(0, -1).map((layer) => layer.digest)).toEqual(base.layers)
    expect(pulled.manifest.annotations).toMatchObject({
      'org.opencontainers.image.base.name': `${registry.address}/acme/base:1`,
      'org.opencontainers.image.base.digest': base.digests.amd64,
      'org.opencontainers.image.title': 'debian-example',
      'org.opencontainers.image.version': '1.0.0',
    })
    expect(pulled.config.config['Entrypoint']).toEqual(['/bin/sh'])
    expect(pulled.config.config['Env']).toContain('GREETING=hello')
    const owners = pulled.listing.map((line) => line.split(/\s+/).slice(0, 2).join(' '))
    expect(owners).toEqual(['dr-xr-xr-x 107/107', '-r--r--r-- 107/107'])
  })

  it('builds a Debian that boots', async () => {
    const boot = await bootToLogin(pulled.disk, 'qcow2')
    console.info(`login after ${boot.seconds.toFixed(1)} s`)
  })

  it('builds the same files with fast-build off, there for three kinds, and merged with another architecture', async () => {
    const kinds = ['--kind', 'container,kubevirt,podman-machine']
    const repository = `${registry.address}/acme/several`
    const args = ['--fast-build=false', '--format', 'raw', '--work-dir', 'slow', ...kinds, ...byDigest(repository)]
    const since = await moment()
    const slow = await here.run([...(await mainCommand()), ...args])
    expect(slow.exitCode, slow.stderr).toBe(0)
    expect(slow.stderr).toContain('fast-build is off')
    expect(await touchedSince(since)).toEqual([])
    const files = await readdir(join(here.folder, 'slow'), { recursive: true })
    const raw = join(here.folder, 'slow', files.find((name) => name.endsWith('.raw')) ?? '')
    const fast = join(folder, 'fast.raw')
    await runAsRoot('qemu-img', 'convert', '-O', 'raw', pulled.disk, fast)
    const [slowTree, fastTree] = [await diskTree(raw), await diskTree(fast)]
    expect(fastTree.size).toBeGreaterThan(5000)
    expect(fastTree.get('./initrd/.profile')).toMatch(/^f 644 0:0 1 \d+ [0-9a-f]{64}$/)
    expect(differences(slowTree, fastTree)).toEqual([])
    const disks = await mergedWithArm64(here, `${repository}@${slow.stdout.trim()}`, kinds)
    await runAsRoot('cmp', disks.amd64, raw)
    await runAsRoot('qemu-img', 'compare', disks.arm64, disks.foreign)
  })

  describe('and that of examples/runtime, which puts it on a QEMU that KIWI builds', () => {
    let podman: Podman
    let archive: string
    let image: string
    let before: State
    /** Runs the image with another QEMU, which only prints its arguments. */
    const told = async (...args: readonly string[]) => {
      const qemu = join(podman.folder, 'qemu')
      await writeFile(qemu, `#!/bin/sh\nprintf '%s\\n' "$@"\n`)
      await chmod(qemu, 0o755)
      const { stdout } = await ran('-v', `${qemu}:/usr/bin/qemu-system-x86_64:ro`, ...args, image)
      return stdout
    }
    const ran = async (...args: readonly string[]) => {
      const result = await podman.call(['run', '--rm', ...args])
      expect(result.exitCode, result.stderr).toBe(0)
      return result
    }
    const diskFolder = async (name: string, ...disks: readonly string[]) => {
      const path = join(podman.folder, name)
      await mkdir(path)
      for (const disk of disks) await runAsRoot('qemu-img', 'create', '-q', '-f', 'qcow2', join(path, disk), '64M')
      return path
    }

    beforeAll(async () => {
      before = await hostState()
      podman = await startPodman()
      const start = performance.now()
      archive = await buildRuntimeBase(podman.folder)
      console.info(`KIWI built the runtime in ${((performance.now() - start) / 1000).toFixed(0)} s`)
      const words = await readmeCommand('examples/runtime/README.md', 'npx -y node@24 dist/cli.js')
      const mine = new Map([
        ['--description', ['--disk', pulled.disk]],
        ['--base-image', ['--base-image', `file://${archive}`]],
      ])
      const args = words
        .slice(4)
        .flatMap((word, at, all) => mine.get(word) ?? (mine.has(all[at - 1] ?? '') ? [] : [word]))
      const wrapped = await here.run(args)
      expect(wrapped.exitCode, wrapped.stderr).toBe(0)
      const loaded = await podman.call(['pull', '--quiet', 'oci:vm:latest'], { cwd: here.folder })
      expect(loaded.exitCode, loaded.stderr).toBe(0)
      image = loaded.stdout.trim()
    })
    afterAll(async () => {
      await podman?.[Symbol.asyncDispose]()
      expect(await hostState()).toEqual(before)
      expect(await processesOf(podman.folder)).toEqual([])
    })

    it('gives a small base without leftovers of its build', async () => {
      expect((await stat(archive)).size).toBeLessThan(80e6)
      const look =
        'find / -xdev -name "*kiwi*"; cd /; ls -A var/log var/cache/apt var/lib/apt/lists/* tmp; ls -A | grep "^\\."'
      const { stdout } = await ran('--entrypoint', '/bin/sh', image, '-c', `${look}; true`)
      expect(stdout.split('\n').filter((line) => !/^$|:$/.test(line))).toEqual([])
    })

    it('shows the login in the terminal, forwards ssh and shuts down when the container is stopped', async () => {
      const port = await freePort()
      const words = await readmeCommand('examples/runtime/README.md', 'podman run -it')
      const dropped = ['--device', '/dev/kvm', '-p', '2222:2222']
      const args = words.slice(2).filter((word) => !dropped.includes(word))
      const options = ['--name', 'vm', '--env', `SSH_PORT=${port}`]
      const start = performance.now()
      const vm = podman.terminal(['run', ...options, ...args], { cwd: here.folder })
      await vm.until(LOGIN, 300)
      console.info(`login after ${((performance.now() - start) / 1000).toFixed(1)} s`)
      vm.type('root\n')
      await vm.until(/Password: ?$/, 60)
      vm.type('kiwi\n')
      await vm.until(/# ?$/, 60)
      vm.type('systemd-socket-activate --listen=22 --accept --inetd cat /etc/hostname &\n')
      expect(await answerFrom(port, 60)).toBe('debian-example\n')
      const stopped = await podman.call(['stop', '--time', '120', 'vm'])
      expect(stopped.stderr).toBe('')
      expect(await vm.ended, vm.shown()).toBe(0)
      expect(vm.shown()).toMatch(/reboot: Power down/)
    })

    it('boots a disk with an EFI system partition by UEFI', async () => {
      const folder = await diskFolder('efi', 'efi.qcow2')
      const raw = join(podman.folder, 'efi.raw')
      await runAsRoot('sh', '-ec', `truncate -s 64M ${raw}; printf 'label: gpt\\n,,U\\n' | sfdisk --quiet ${raw}`)
      await runAsRoot('qemu-img', 'convert', '-O', 'qcow2', raw, join(folder, 'efi.qcow2'))
      const options = ['--rm', '-it', '-v', `${folder}:/disk:ro`, '--env', `SSH_PORT=${await freePort()}`]
      const vm = podman.terminal(['run', ...options, image])
      await vm.until(/BdsDxe: failed to load/, 120)
      vm.type('\u0001x')
      expect(await vm.ended).toBe(0)
    })

    it('takes KVM only where its device opens', async () => {
      // Any device that opens will do for the question.
      expect(await told('--device', '/dev/null:/dev/kvm')).toContain('accel=kvm:tcg')
      const closed = join(podman.folder, 'closed')
      await runAsRoot('mknod', '--mode=000', closed, 'c', '1', '3')
      expect(await told('--cap-drop', 'all', '-v', `${closed}:/dev/kvm`)).toContain('accel=tcg')
    })

    it('hands memory, processors, firmware and further arguments on to QEMU', async () => {
      expect(await told()).not.toMatch(/kvm|pflash/)
      const variables = ['MEMORY=2G', 'CPUS=4', 'FIRMWARE=efi'].flatMap((each) => ['--env', each])
      const said = await told(...variables)
      expect(said).toMatch(/^-m\n2G\n-smp\n4$/m)
      expect(said).toMatch(/^if=pflash,.*OVMF_CODE/m)
    })

    it('keeps what the VM writes in the volume, for this disk only', async () => {
      const volume = ['-v', 'changes:/var/lib/vm']
      const inside = ['--entrypoint', '/usr/bin/qemu-img', image, 'info', '/var/lib/vm/changes.qcow2']
      await told(...volume)
      const { stdout } = await ran(...volume, ...inside)
      expect(stdout).toContain('backing file: /disk/debian-example.x86_64-1.0.0.qcow2')
      expect(await told(...volume)).toContain('file=/var/lib/vm/changes.qcow2')
      const other = ['-v', `${await diskFolder('other', 'other.qcow2')}:/disk:ro`]
      const refused = await podman.call(['run', '--rm', ...volume, ...other, image])
      expect(refused.exitCode).toBe(64)
      expect(refused.stderr).toMatch(
        /^boot-disk: the volume at \/var\/lib\/vm belongs to \/disk\/debian-example.*: give \/disk\/other.qcow2, .* one of its own$/m,
      )
    })

    it('says what to do about no disk and several', async () => {
      const refusal = async (folder: string) => {
        const { exitCode, stderr } = await podman.call(['run', '--rm', '-v', `${folder}:/disk:ro`, image])
        expect(exitCode).toBe(64)
        return stderr.trim().split('\n').at(-1)
      }
      expect(await refusal(await diskFolder('none'))).toMatch(/^boot-disk: there is no disk in \/disk: make /)
      expect(await refusal(await diskFolder('two', 'a.qcow2', 'b.qcow2'))).toBe(
        'boot-disk: there are several disks, /disk/a.qcow2 and /disk/b.qcow2: leave one in /disk',
      )
    })
  })
})
