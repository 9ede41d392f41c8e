import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/** What the stand-in does at SIGINT: what KIWI does, or nothing. */
export type Manner = 'willing' | 'stubborn'

/**
 * A program in KIWI's place that mounts, attaches and starts what a build does, in half a second: the machine's /dev, /proc
 * and /sys in the root tree, a disk with a partition on a loop device, and a process in the background. Undoes all of it in
 * the end and, like KIWI, at SIGINT alone. The disk is the same each time.
 */
const KIWI = `#!/bin/bash
for argument; do
  case $argument in
    --version) echo 'KIWI (next generation) version 11.1.6'; exit 0 ;;
    --target-dir=*) target=\${argument#*=} ;;
  esac
done
case " $* " in *' image info '*) exit 0 ;; esac
# A signal may meet a part of a pipe: it is then no disk, as with KIWI.
set -eo pipefail
say() { echo "[ INFO    ]: 12:00:00 | $*"; }
undo() {
  trap '' INT
  set +e
  [ -z "$disk" ] || { umount "$target/build/mnt"; partx --delete "$loop"; losetup --detach "$loop"; }
  umount --recursive --lazy "$root/dev"
  umount "$root/proc" "$root/sys"
}
root=$target/build/image-root
trap '@AT_INT@' INT
say Installing bootstrap packages
mkdir -p "$root"/{dev,proc,sys} "$target/build/mnt"
mount --rbind /dev "$root/dev"
mount --bind /proc "$root/proc"
mount --bind /sys "$root/sys"
sleep 86400 &
head -c 4000000 /dev/zero | openssl enc -aes-128-ctr -K 00 -iv 00 2>/dev/null >"$root/file"
sleep 0.05
say Installing system
sleep 0.05
say Creating raw disk image
truncate -s 8M "$target/tiny.raw"
echo 'label: dos
label-id: 0x12345678
start=2048, size=1024, type=83' | sfdisk --quiet "$target/tiny.raw"
loop=$(losetup --find --show "$target/tiny.raw")
disk=$target/tiny.raw
partx --add "$loop"
mount -t tmpfs tmpfs "$target/build/mnt"
sleep 0.1
dd if="$root/file" of="$loop" bs=1M seek=2 conv=notrunc status=none
say Syncing system to image
sleep 0.05
undo
trap - INT
disk=
kill %1
say Result files
echo "{\\"disk_image\\": {\\"filename\\": \\"$target/tiny.raw\\"}}" >"$target/kiwi.result.json"
`

/** @returns the folder, to be put in front of PATH */
export async function writeLoopingKiwi(folder: string, manner: Manner): Promise<string> {
  await mkdir(folder, { recursive: true })
  const atInterrupt = manner === 'willing' ? 'undo; exit 1' : ''
  await writeFile(join(folder, 'kiwi-ng'), KIWI.replace('@AT_INT@', atInterrupt))
  await chmod(join(folder, 'kiwi-ng'), 0o755)
  return folder
}
