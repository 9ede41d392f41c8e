import { chmod, mkdir, writeFile } from 'node:fs/promises'
import { join } from 'node:path'

/**
 * A program in KIWI's place that writes what KIWI writes: a root tree, packages, a raw disk and its result. Where it has no
 * space it ends as KIWI 11 does, whose last line tells of what came after; the reason stands in its log.
 */
const KIWI = `#!/bin/sh
for a do
  case $a in
    --version) echo 'KIWI (next generation) version 11.1.6'; exit 0 ;;
    --target-dir=*) target=\${a#*=} ;;
    --shared-cache-dir=*) cache=\${a#*=} ;;
    --logfile=*) log=\${a#*=} ;;
  esac
done
case " $* " in *' image info '*) exit 0 ;; esac
say() { echo "[ $1 ]: 12:00:00 | $2"; }
failed() {
  say 'ERROR   ' 'Unexpected error:'
  echo 'Traceback (most recent call last):'
  echo "OSError: [Errno 16] Device or resource busy: 'mounts'"
  exit 1
}
put() { head -c "$1" "$SOURCE" >"$2" 2>>"$log" || failed; }
SOURCE=@SOURCE@
mkdir -p "$target/build/image-root" "$cache/apt-get/archives" 2>>"$log" || failed
say 'INFO    ' 'Installing bootstrap packages'
for name in one two three; do put 300000 "$cache/apt-get/archives/$name.deb"; done
put 2000000 "$target/build/image-root/files"
say 'INFO    ' 'Creating raw disk image'
put 3000000 "$target/tiny.x86_64-1.0.0.raw"
truncate -s 4194304 "$target/tiny.x86_64-1.0.0.raw"
echo "{\\"disk_image\\": {\\"filename\\": \\"$target/tiny.x86_64-1.0.0.raw\\"}}" >"$target/kiwi.result.json" || failed
`

/**
 * @param source a file of at least 3 MB that its disk and packages are made of
 * @returns the folder to put in front of PATH
 */
export async function writeSmallKiwi(folder: string, source: string): Promise<string> {
  await mkdir(folder, { recursive: true })
  await writeFile(join(folder, 'kiwi-ng'), KIWI.replace('@SOURCE@', source))
  await chmod(join(folder, 'kiwi-ng'), 0o755)
  return folder
}
