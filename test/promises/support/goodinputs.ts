import type { InputName } from '../../../src/inputs/raw.ts'

const DIGEST = `sha256:${'0123456789abcdef'.repeat(4)}`

/** What references of every kind look like. */
export const REFERENCES: readonly string[] = [
  'ghcr.io/acme/x:1',
  `127.0.0.1:5000/acme/x@${DIGEST}`,
  `[::1]:5000/a/b:t@${DIGEST}`,
  'alpine',
  'docker://registry.example.org/a__b/c-d.e:latest',
  'oci:/tmp/layout:ref/name',
  'oci-archive:file.tar:a.b',
  'docker-archive:file.tar:acme/x:1',
  'dir:folder',
  'containers-storage:[overlay@/var/lib]acme/x:1',
  'docker-daemon:acme/x:1',
  'file:///srv/base.tar#acme/x',
  'obs://project/repo/image#tag',
  'scratch',
]

/** Values that inputs may have; `$INSIDE` stands for a folder with a disk and a description. */
export const GOOD_INPUTS: { readonly [name in InputName]?: readonly string[] } = {
  description: ['$INSIDE/description', '$INSIDE/description/config.xml', '$INSIDE'],
  disk: ['$INSIDE/disk.raw', '$INSIDE'],
  profiles: ['a\nb'],
  type: ['oem', 'iso'],
  'kiwi-global-arguments': ['--debug', '--target-arch=aarch64', '--target-arch\naarch64', '--type\noem', '--logfile=x'],
  'kiwi-arguments': [
    '--clear-cache',
    '--add-repo=http://127.0.0.1:9/,apt-deb',
    '--set-container-tag=x',
    '--target-dir /',
  ],
  repositories: ['http://127.0.0.1:9/debian bookworm main', 'https://u:p@127.0.0.1:9/a'],
  kind: ['container', 'container,podman-machine', 'kubevirt', 'artifact', 'podman-machine-4', 'container\nartifact'],
  disktype: ['qemu', 'qemu,hyperv', 'applehv'],
  instancetype: ['u1.small'],
  preference: ['fedora'],
  format: ['qcow2', 'raw', 'vmdk', 'vdi', 'vhd', 'vhdx', 'vhd-fixed', 'gce', 'ova', 'oci:qcow2'],
  'disk-path': ['/disk/a.qcow2', '/a', '/disk/../a', `/${'a'.repeat(99)}`, `/${'ä/'.repeat(150)}x`],
  'base-image': REFERENCES,
  containerconfig: ['name: acme/x', 'env: {A: b}\nlabels: {c: d}', '{', '&a [*a]'],
  labels: ['a=b\nc=d', '__proto__=x', 'a'],
  annotations: ['a=b', 'index:a=b', 'manifest-descriptor[linux/amd64]:a=b', 'index-descriptor:disktype=qemu'],
  platform: ['linux/amd64', 'linux/arm64/v8', 'linux/x86_64'],
  compression: ['gzip', 'zstd:19', 'none', 'gzip:0'],
  tags: ['ghcr.io/acme/x:1,ghcr.io/acme/x:2', '127.0.0.1:5000/x'],
  push: ['true', 'false', 'yes'],
  'push-by-digest': ['true', 'false'],
  repository: ['ghcr.io/acme/x'],
  export: [
    'oci:$INSIDE/layout:x',
    'oci-archive:$INSIDE/x.tar',
    'dir:$INSIDE/dir',
    'docker-archive:$INSIDE/d.tar',
    'none',
  ],
  registry: ['ghcr.io', '127.0.0.1:5000', 'https://ghcr.io/v2/'],
  username: ['ada'],
  password: ['a\nb', ' '],
  authfile: ['$INSIDE/disk.raw', '/dev/null'],
  'tls-verify': ['true', 'false'],
  cache: ['true', 'false'],
  'fast-build': ['true', 'false'],
  'install-tools': ['true', 'false'],
  'kiwi-version': ['11.1.6', 'system', '1.2'],
  'work-dir': ['$INSIDE/work', '/proc/x'],
  'source-date-epoch': ['0', '1700000000', '253402300799', '253402300800'],
  summary: ['true', 'false'],
  images: [`ghcr.io/acme/x@${DIGEST},ghcr.io/acme/x@sha256:${'f'.repeat(64)}`],
}

export const CONTAINERCONFIGS: readonly string[] = [
  `name: acme/x
tag: "1.0"
additionalnames: [acme/y:1, ":2"]
author: Ada
entrypoint: ["sh", "-c"]
cmd: null
env: {A: b, PATH: /bin}
labels: {a.b: c}
user: 0:0
workdir: /srv
expose: [80, 53/udp]
volumes: [/data]
stopsignal: SIGRTMIN+3
history: {created_by: x, author: y, comment: z}
`,
  'base: &b {A: 1}\nenv:\n  <<: *b\n  C: !!binary aGk=\n',
  '{"maintainer": "x", "subcommand": ["a"], "environment": {"X": null}, "workingdir": "/"}',
]

/** Words and signs that mean something in one input or another. */
export const WORDS: readonly string[] = [
  ...[':', '/', '@', '.', '-', '_', '=', ',', '#', '[', ']', '{', '}', '&a ', '*a', '<<: ', '!!', '|', '>', '"', "'"],
  ...[
    '\n',
    ' ',
    '\t',
    '~',
    '?',
    '%',
    'null',
    'true',
    '0',
    '99999',
    '-1',
    '1e9',
    '/udp',
    'SIG',
    'RTMIN',
    'sha256:',
    DIGEST,
  ],
  ...[
    'docker://',
    'oci:',
    'dir:',
    'file:',
    'https://',
    'localhost',
    'A',
    'ä',
    'linux',
    'arm',
    'v8',
    'index',
    'manifest',
  ],
  ...['name: ', 'env: ', 'labels: ', 'history: ', 'expose: ', '__proto__', 'constructor: ', '__proto__: ', 'toString'],
]
