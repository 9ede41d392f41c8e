/** What takes something away from a machine for one program: lines of a shell in a mount namespace of its own. */

/** A file is there no more as one: programs, keyrings. */
export const without = (...paths: readonly string[]) =>
  paths.map((path) => `mount --bind /dev/null "${path}"`).join('\n')

/** The place of a program, wherever this machine has it. */
export const program = (name: string) => `$(command -v ${name})`

/** `ensurepip`, which Debian packs apart from Python. */
export const WITHOUT_ENSUREPIP = 'for folder in /usr/lib/python3*/ensurepip; do mount -t tmpfs none "$folder"; done'

const hidden = (file: string, pattern: string) => `
grep -vE '${pattern}' ${file} >"$TMPDIR/${file.replaceAll('/', '-')}" || true
mount --bind "$TMPDIR/${file.replaceAll('/', '-')}" ${file}
rm "$TMPDIR/${file.replaceAll('/', '-')}"`

/** The modules of the kernel are there to be seen, and none is. */
const WITHOUT_MODULES = `
if [ -e /proc/modules ]; then
  mount -t tmpfs none /lib/modules
  mkdir "/lib/modules/$(uname -r)"
  : >"/lib/modules/$(uname -r)/modules.dep"
fi`

export const withoutFilesystem = (name: string) => WITHOUT_MODULES + hidden('/proc/filesystems', `\\b${name}$`)

export const withoutDriver = (name: string) =>
  WITHOUT_MODULES + hidden('/proc/devices', ` ${name}$`) + hidden('/proc/misc', ` ${name}$`)

/** A container's own /dev, with the nodes that were there when it was made. */
export const OWN_DEV = `
mkdir "$TMPDIR/dev"
mount -t tmpfs none "$TMPDIR/dev"
for name in null zero full random urandom tty ptmx loop-control loop0 loop1 loop2 loop3 loop4 loop5 loop6 loop7; do
  [ ! -e /dev/$name ] || cp -a /dev/$name "$TMPDIR/dev/"
done
mount --move "$TMPDIR/dev" /dev
rmdir "$TMPDIR/dev"`

/** No device is free, and none can be made. */
export const WITHOUT_LOOP = 'for node in /dev/loop*; do [ -d "$node" ] || mount --bind /dev/null "$node"; done'

/** A folder on a file system of 50 MB. */
export const small = (folder: string) => `mount -t tmpfs -o size=50m none "${folder}"`

export const FOREIGN_DISTRIBUTION = `
echo ID=foreign >"$TMPDIR/os-release"
for file in /etc/os-release /usr/lib/os-release; do [ -L $file ] || [ ! -e $file ] || mount --bind "$TMPDIR/os-release" $file; done
rm "$TMPDIR/os-release"`

/** Root as in a container without --privileged. */
export const WITHOUT_ADMINISTRATION = 'exec setpriv --bounding-set -sys_admin "$@"'
