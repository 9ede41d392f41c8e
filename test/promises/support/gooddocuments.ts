import type { Built } from '../../../src/job/result.ts'
import { digestOf } from '../../../src/oci/digest.ts'
import { mediaTypes } from '../../../src/oci/manifest.ts'

const DIGEST = digestOf('a')
const PLATFORM = { architecture: 'amd64', os: 'linux' }
const layer = (mediaType: string, name: string) => ({ mediaType, digest: digestOf(name), size: name.length })

/** Manifests of OCI and Docker, of an image and of an artifact. */
export const MANIFESTS: readonly object[] = [
  {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    config: layer(mediaTypes.config, 'config'),
    layers: [layer(mediaTypes.layerGzip, 'one'), layer(mediaTypes.layerZstd, 'two')],
    annotations: { 'org.opencontainers.image.created': '2026-01-02T03:04:05Z' },
  },
  {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerManifest,
    config: layer(mediaTypes.dockerConfig, 'config'),
    layers: [layer(mediaTypes.dockerLayerGzip, 'one'), layer(mediaTypes.dockerLayerGzip, 'two')],
  },
  {
    schemaVersion: 2,
    mediaType: mediaTypes.manifest,
    artifactType: 'application/vnd.kiwi-oci.disk.v1',
    config: layer('application/vnd.kiwi-oci.disk.config.v1+json', 'config'),
    layers: [
      {
        ...layer('application/vnd.kiwi-oci.disk.qcow2', 'one'),
        annotations: { 'org.opencontainers.image.title': 'x' },
      },
    ],
    subject: layer(mediaTypes.manifest, 'other'),
  },
]

export const INDEXES: readonly object[] = [
  {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [
      { ...layer(mediaTypes.manifest, 'one'), platform: PLATFORM },
      { ...layer(mediaTypes.manifest, 'two'), platform: { architecture: 'arm64', os: 'linux', variant: 'v8' } },
      {
        ...layer(mediaTypes.manifest, 'three'),
        platform: { architecture: 'x86_64', os: 'linux' },
        annotations: { disktype: 'qemu' },
      },
    ],
    annotations: { a: 'b' },
  },
  {
    schemaVersion: 2,
    mediaType: mediaTypes.dockerList,
    manifests: [{ ...layer(mediaTypes.dockerManifest, 'one'), platform: PLATFORM }],
  },
]

/** Of one entry, as a job for one platform pushes it. */
export const SINGLE_INDEXES: readonly object[] = [
  {
    schemaVersion: 2,
    mediaType: mediaTypes.index,
    manifests: [{ ...layer(mediaTypes.manifest, 'one'), platform: PLATFORM }],
  },
]

/** Configs of images, of two layers each, as OCI and as Docker write them. */
export const CONFIGS: readonly object[] = [
  {
    created: '2026-01-02T03:04:05Z',
    author: 'Ada',
    ...PLATFORM,
    config: {
      User: '0',
      ExposedPorts: { '80/tcp': {} },
      Env: ['PATH=/bin', 'A=b'],
      Entrypoint: ['/bin/sh', '-c'],
      Cmd: ['ls'],
      Volumes: { '/data': {} },
      WorkingDir: '/',
      Labels: { a: 'b' },
      StopSignal: 'SIGTERM',
    },
    rootfs: { type: 'layers', diff_ids: [digestOf('one'), digestOf('two')] },
    history: [
      { created: '2026-01-02T03:04:05Z', created_by: 'one', author: 'a', comment: 'c' },
      { created_by: 'ENV', empty_layer: true },
      { created_by: 'two' },
    ],
  },
  {
    ...PLATFORM,
    variant: 'v1',
    config: { Env: null, Cmd: null, Healthcheck: { Test: ['NONE'], Interval: 5 }, OnBuild: null, ArgsEscaped: true },
    container: 'abc',
    docker_version: '20.10',
    rootfs: { type: 'layers', diff_ids: [digestOf('one'), digestOf('two')] },
    history: null,
  },
]

const PLAN = {
  planVersion: 1,
  source: { kind: 'disk', path: '/srv/disk.raw' },
  kinds: ['container', 'podman-machine'],
  diskTypes: ['qemu'],
  format: 'qcow2',
  formatSource: 'default',
  diskPath: '/disk/a.qcow2',
  base: 'ghcr.io/acme/base:1',
  baseSource: 'input base-image',
  basePacking: 'gzip',
  platform: PLATFORM,
  config: { env: { A: 'b', C: null }, cmd: null, entrypoint: ['a'], expose: ['80'], history: { comment: 'x' } },
  labels: { a: 'b' },
  annotations: [{ levels: ['manifest', 'index'], platform: PLATFORM, key: 'a', value: 'b' }],
  names: [{ repository: 'acme/x', tag: '1' }],
  compression: { algorithm: 'zstd', level: 3 },
  tags: ['ghcr.io/acme/x:1'],
  push: true,
  pushByDigest: 'ghcr.io/acme/x',
  exports: ['oci:/srv/layout:x', 'docker-archive:/srv/x.tar'],
  loginRegistry: 'ghcr.io',
  tlsVerify: true,
  cache: true,
  fastBuild: true,
  installTools: true,
  workDirectory: '/srv/work',
  sourceDateEpoch: 1_700_000_000,
  summary: true,
}

const SELECTED = {
  image: 'oem',
  file: '/srv/config.xml',
  line: 7,
  reason: 'oem, the only type',
  profiles: ['a'],
  version: '1.0.0',
  packageManager: 'apt',
  format: 'oci:qcow2',
  diskFormat: 'qcow2',
  archive: 'oci-archive',
  formatOptions: ['cluster_size=65536'],
  machine: { memoryMegabytes: 512, nics: [{ driver: 'e1000', mac: 'x' }], dvd: { controller: 'ide' } },
  derivedFrom: 'file:///base.tar',
  derivedFromLine: 8,
  filesystem: 'ext4',
  filesystems: ['ext4'],
  size: { megabytes: 1024, additive: false },
  containerConfig: { user: 'a' },
  naming: { name: 'a', additionalNames: [':b'] },
  containerLines: { name: 9 },
  replacesInitrd: true,
  attributes: { image: 'oem', filesystem: 'ext4' },
}

export const PLANS: readonly object[] = [
  PLAN,
  {
    ...PLAN,
    source: {
      kind: 'description',
      folder: '/srv',
      file: '/srv/config.xml',
      name: 'tiny',
      version: '1.0.0',
      schemaVersion: '8.0',
      profiles: ['a'],
      type: 'oem',
      selected: SELECTED,
      kiwiName: 'tiny.x86_64-1.0.0',
      diskName: 'tiny',
      packageManager: 'apt',
      hasFstabPatch: false,
      repositories: ['http://127.0.0.1/ bookworm main'],
      placeholders: [
        { index: 0, where: 'config.xml:3', components: ['main'], imageInclude: true, repositoryGpgcheck: true },
      ],
      kiwiVersion: '11.1.6',
      globalArguments: ['--debug'],
      buildArguments: [],
    },
  },
]

const DISK = { path: '/disk/a.qcow2', format: 'qcow2', virtualSizeBytes: 1024, sizeBytes: 512 } as const
const DESCRIPTOR = { mediaType: mediaTypes.manifest, digest: DIGEST, size: 5, platform: PLATFORM }

export const BUILT: Built = {
  workFolder: '/srv/kiwi-oci-x',
  layout: '/srv/kiwi-oci-x/layout',
  reference: 'latest',
  digest: DIGEST,
  descriptor: DESCRIPTOR,
  disk: { ...DISK, file: '/srv/kiwi-oci-x/disk/a.qcow2' },
  layerSizeBytes: 100,
  children: [
    { kind: 'container', digest: DIGEST, descriptor: DESCRIPTOR, disk: DISK, layerSizeBytes: 100 },
    { kind: 'podman-machine', diskType: 'qemu', digest: DIGEST, descriptor: DESCRIPTOR, disk: DISK, layerSizeBytes: 9 },
  ],
  base: { name: 'ghcr.io/acme/base:1', digest: DIGEST },
  kiwi: { version: '11.1.6' },
  phases: [{ name: 'Wrap', seconds: 1.5 }],
}

export const LOGINS: readonly object[] = [
  {
    auths: {
      'ghcr.io': { auth: 'YTpi' },
      'https://index.docker.io/v1/': { auth: 'YTpi', identitytoken: 'x' },
      'a/b': {},
    },
    credHelpers: { 'example.org': 'pass' },
    credsStore: 'secretservice',
  },
]
