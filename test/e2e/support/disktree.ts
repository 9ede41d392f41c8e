import { runAsRoot } from '../../support/root.ts'

/** Names in the last partition of a disk, each with all that a file system keeps of it but times and places on the disk. */
export type DiskTree = ReadonlyMap<string, string>

/** Files that are the same in each build of the same packages but for the identity of its file system and for times. */
const MASKED = [
  ...['boot/grub/grub.cfg', 'etc/fstab', 'initrd/.profile'],
  ...['alternatives.log', 'apt/history.log', 'apt/term.log', 'dpkg.log'].map((name) => `var/log/${name}`),
]

/** Files that have nothing in common from build to build: random numbers, and inodes with their times. */
const OF_EACH_BUILD = ['boot/mbrid', 'var/lib/dbus/machine-id', 'var/cache/ldconfig/aux-cache']

const UUID = '[0-9a-f]\\{8\\}\\(-[0-9a-f]\\{4\\}\\)\\{3\\}-[0-9a-f]\\{12\\}'
/** Of a table of MS-DOS: the number of the disk and that of the partition. */
const PARTITION = "'[0-9a-f]\\{8\\}-[0-9][0-9]'"
const TIME = '20[0-9][0-9]-[01][0-9]-[0-3][0-9]  *[0-2][0-9]:[0-5][0-9]:[0-5][0-9]'

/**
 * In a mount namespace of its own, with which the mounts and the loop device end. What is in the initrd stands in the
 * place of its file, and what is different in each build is changed, in a layer over the disk, which is only read.
 */
const READ = `set -e
start=$(sfdisk --json "$1" | sed -n 's/.*"start": *\\([0-9]*\\).*/\\1/p' | tail -n 1)
mount -t tmpfs none /mnt
mkdir /mnt/disk /mnt/upper /mnt/work /mnt/all
mount -o "ro,noload,loop,offset=$((start * 512))" "$1" /mnt/disk
mount -t overlay -o lowerdir=/mnt/disk,upperdir=/mnt/upper,workdir=/mnt/work none /mnt/all
cd /mnt/all
mkdir initrd
(cd initrd && zcat ../boot/initrd.img-* | cpio --extract --quiet --make-directories --no-absolute-filenames)
: >"$(ls boot/initrd.img-*)"
sed -i "s/${UUID}/UUID/g; s/${PARTITION}/PARTITION/g; s/${TIME}/TIME/g" ${MASKED.join(' ')}
for name in ${OF_EACH_BUILD.join(' ')}; do : >"$name"; done
find . -printf '%p\\0%y %m %U:%G %n %l\\0'
printf '\\0\\0'
find . -type f -printf '%p\\0%s \\0'
printf '\\0\\0'
find . -type f -print0 | xargs -0 sha256sum --zero | sed -z 's/^\\([0-9a-f]*\\)  \\(.*\\)$/\\2\\x00\\1/'
printf '\\0\\0'
getfattr --recursive --physical --no-dereference --dump --match=- --encoding=hex . || true
`

/** Reads the files of a raw disk whose last partition holds a Debian in a file system that the kernel knows. */
export async function diskTree(disk: string): Promise<DiskTree> {
  const namespace = ['unshare', '--mount', '--propagation', 'private', 'sh', '-c', READ, 'sh', disk] as const
  const [names = '', sizes = '', hashes = '', attributes = ''] = (await runAsRoot(...namespace)).split('\0\0\0')
  const tree = new Map<string, string>()
  for (const part of [names, sizes, hashes]) {
    const fields = part.split('\0')
    for (let at = 0; at + 1 < fields.length; at += 2) {
      const name = fields[at] ?? ''
      tree.set(name, `${tree.get(name) ?? ''} ${fields[at + 1]}`.trim())
    }
  }
  for (const block of attributes.split('\n\n')) {
    const [first = '', ...values] = block.trim().split('\n')
    const name = first.replace('# file: ', './')
    if (values.length > 0) tree.set(name, `${tree.get(name) ?? ''} ${values.sort().join(' ')}`)
  }
  return tree
}

/** Names that only one of them has, or that are not the same in both, with what each says. */
export function differences(one: DiskTree, other: DiskTree): readonly string[] {
  const names = [...new Set([...one.keys(), ...other.keys()])].sort()
  return names
    .filter((name) => one.get(name) !== other.get(name))
    .map((name) => `${name}: ${one.get(name)} | ${other.get(name)}`)
}
