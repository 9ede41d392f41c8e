import type { Entry } from './trial.ts'

/** The same work done by us and by others, in turn. */
export interface Work {
  /** `P1a zstd` */
  readonly name: string
  /** The column "work" of the table. */
  readonly about: string
  readonly entries: readonly Entry[]
}

/** Names of entries that are ours; the others are peers. */
export const PART = 'kiwi-oci, convert and wrap'
export const WHOLE = 'kiwi-oci, command line'

const part = (disk: string, compression: string): Entry => ({
  name: PART,
  script: `node "$PART" "$${disk}" qcow2 ${compression}`,
})

const whole = (disk: string, compression: string, format = 'qcow2'): Entry => ({
  name: WHOLE,
  script: `node "$CLI" --disk "$${disk}" --format ${format} --base-image scratch --compression ${compression} --export oci:out:x`,
})

const peer = (name: string, script: string, before?: string): Entry => ({
  name,
  script,
  ...(before === undefined ? {} : { before }),
})

const convert = 'qemu-img convert -O qcow2 "$RAW" disk.qcow2'

/** Its mounts end with the namespace. */
const buildah = (commit: string) => `${convert}
unshare --mount --propagation private sh -ec '
b() { buildah --root "$PWD/storage" --runroot "$PWD/run" --storage-driver overlay "$@"; }
c=$(b from scratch)
b add "$c" disk.qcow2 /disk/
${commit}'`

const kiwi = (name: string, configuration: string): Entry => ({
  name,
  before: `mkdir -p "$HOME/.config/kiwi" target temp
cp "$KIWI_XML" config.xml
printf '${configuration}' >"$HOME/.config/kiwi/config.yml"
cp --sparse=always "$RAW" target/app.x86_64-1.2.3.raw`,
  script: `"$KIWI_PYTHON" -B "$KIWI_WRAP" config.xml target temp >printed
mv "$(tail -n 1 printed)" out`,
})

const READY = 'qcow2 → layout'
const FROM_RAW = 'raw → qcow2 → layout'

export const WORKS: readonly Work[] = [
  {
    name: 'P1a zstd',
    about: `${READY}, zstd`,
    entries: [part('QCOW2', 'zstd'), whole('QCOW2', 'zstd'), peer('zstd -3 -T0', 'zstd -q -3 -T0 -o out "$QCOW2"')],
  },
  {
    name: 'P1a gzip',
    about: `${READY}, gzip`,
    entries: [
      part('QCOW2', 'gzip'),
      whole('QCOW2', 'gzip'),
      peer('pigz -1', 'pigz -1 -c "$QCOW2" >out'),
      peer('zstd -3 -T0', 'zstd -q -3 -T0 -o out "$QCOW2"'),
      peer('igzip -1 -T 2', 'igzip -1 -T 2 -c "$QCOW2" >out'),
    ],
  },
  {
    name: 'P1a gzip:6',
    about: `${READY}, gzip:6`,
    entries: [part('QCOW2', 'gzip:6'), peer('pigz -6', 'pigz -6 -c "$QCOW2" >out')],
  },
  {
    name: 'P1b zstd',
    about: `${FROM_RAW}, zstd`,
    entries: [
      part('RAW', 'zstd'),
      peer('qemu-img convert, zstd -3 -T0', `${convert}\nzstd -q -3 -T0 -o out disk.qcow2`),
      peer('zstd -3 -T0 of the raw disk', 'zstd -q -3 -T0 -o out "$RAW"'),
    ],
  },
  {
    name: 'P1b gzip',
    about: `${FROM_RAW}, gzip`,
    entries: [
      part('RAW', 'gzip'),
      peer('qemu-img convert, pigz -1', `${convert}\npigz -1 -c disk.qcow2 >out`),
      peer('pigz -1 of the raw disk', 'pigz -1 -c "$RAW" >out'),
    ],
  },
  {
    name: 'P2',
    about: 'raw → image',
    entries: [
      { ...whole('RAW', 'zstd'), name: `${WHOLE}, zstd` },
      { ...whole('RAW', 'gzip'), name: `${WHOLE}, gzip` },
      { ...whole('RAW', 'none'), name: `${WHOLE}, none` },
      kiwi("KIWI's oci:", ''),
      kiwi("KIWI's oci: without xz", 'container:\\n  compress: none\\n'),
      peer('buildah, gzip', buildah('b commit --quiet --disable-compression=false "$c" oci:out:x')),
      peer(
        'buildah, zstd',
        buildah('b commit --quiet "$c" x >/dev/null\nb push --quiet --compression-format zstd x oci:out:x'),
      ),
    ],
  },
  {
    name: 'P2 none',
    about: `${READY}, none`,
    entries: [
      part('QCOW2', 'none'),
      whole('QCOW2', 'none'),
      peer(
        'umoci insert --compress none',
        'umoci insert --compress none --image out:x "$QCOW2" /disk/disk.qcow2',
        'umoci init --layout out && umoci new --image out:x',
      ),
      peer(
        'tar, crane append (gzip)',
        'tar -cf layer.tar -C "$(dirname "$QCOW2")" "$(basename "$QCOW2")"\ncrane append --oci-empty-base -f layer.tar -t a/b:c -o out',
      ),
      peer('oras push (no tar)', 'oras push --disable-path-validation --oci-layout out:x "$QCOW2"'),
    ],
  },
  {
    name: 'P3 sparse',
    about: '20 GiB with 64 MiB in it',
    entries: [
      { ...whole('SPARSE', 'gzip'), name: `${WHOLE}, gzip` },
      { ...whole('SPARSE', 'zstd'), name: `${WHOLE}, zstd` },
      { ...whole('SPARSE', 'none'), name: `${WHOLE}, none` },
      { ...whole('SPARSE', 'gzip', 'raw'), name: `${WHOLE}, gzip, as raw` },
    ],
  },
  {
    name: 'random',
    about: '256 MiB of noise, gzip',
    entries: [
      part('RANDOM_DISK', 'gzip'),
      peer('pigz -1', 'pigz -1 -c "$RANDOM_DISK" >out'),
      peer('zstd -3 -T0', 'zstd -q -3 -T0 -o out "$RANDOM_DISK"'),
    ],
  },
]
