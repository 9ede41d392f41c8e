/**
 * apt's configuration beside KIWI's own (apt.conf(5): the file that `APT_CONFIG` names comes first). KIWI keeps the lists
 * of packages in its cache, where nobody reads descriptions. dpkg looks for the programs of packages in our folder first,
 * and syncs its database alone to the storage: the disk is made of the root tree later, and what is left of that by a
 * crash goes.
 */
export function aptConfiguration(programs: string): string {
  return [
    'Acquire::Languages "none";',
    `DPkg::Path "${programs}:/usr/sbin:/usr/bin:/sbin:/bin";`,
    'DPkg::Options:: "--force-unsafe-io";',
    '',
  ].join('\n')
}

/**
 * Stands in front of dracut while Debian's packages are installed: an empty file takes the place of an initrd that is made
 * again, by KIWI or else by the trigger of the package dracut, which its postinst asks for and which comes last. It runs
 * as it was called
 * - where the arguments are not those of Debian's /etc/kernel/postinst.d/dracut,
 * - where there are several kernels, since KIWI makes the initrd of one (kiwi/system/kernel.py `get_kernel`),
 * - where a hook of kernels or initrds may read what it makes. None is what run-parts(8) does not run by its name, such as
 *   the `zz-update-grub.dpkg-new` of a package that is only unpacked.
 *
 * @param pending folder that gets a file for each initrd that was not made, its name the kernel's version
 */
export function dracutProgram(pending: string, replacesInitrd: boolean): string {
  return `#!/bin/sh
PATH=\${PATH#*:}
made_by_trigger() {
  case $DPKG_MAINTSCRIPT_PACKAGE in
    dracut | '') return 1 ;;
  esac
  grep -qs '^update-initramfs ' /var/lib/dpkg/triggers/Unincorp && return 0
  case $(dpkg-query --show --showformat='\${db:Status-Status}' dracut) in
    unpacked | half-configured | triggers-awaited | triggers-pending) return 0 ;;
  esac
  return 1
}
made_again() {
  for hook in /etc/kernel/postinst.d/* /usr/share/kernel/postinst.d/* /etc/initramfs/post-update.d/* \\
    /usr/share/initramfs/post-update.d/*; do
    case \${hook##*/} in
      *[!A-Za-z0-9_-]* | apt-auto-removal | dkms | dracut | unattended-upgrades | zz-update-grub) ;;
      *) return 1 ;;
    esac
  done
  [ "$(ls /lib/modules)" = "$version" ] && ${replacesInitrd ? 'true' : 'made_by_trigger'}
}
file= version=
case $#:$1:$2 in
  4:-q:--force) file=$3 version=$4 ;;
  3:--force:*) file=$2 version=$3 ;;
esac
if [ -n "$version" ] && [ "$file" = "/boot/initrd.img-$version" ] && made_again; then
  umask 077
  [ -e "$file" ] || : >"$file"
  : >"${pending}/$version"
  exit 0
fi
dracut "$@" || exit
[ -z "$version" ] || rm -f "${pending}/$version"
`
}

/**
 * Stands in front of chroot for KIWI (whose calls of apt-get may go past it). apt's configuration for the build is for
 * KIWI's own calls of apt-get: scripts of the description get none of it. And before KIWI makes its initrd, those of other
 * kernels that were left to it are made, with what a script changed meanwhile.
 */
export function chrootProgram(pending: string): string {
  return `#!/bin/sh
PATH=\${PATH#*:}
root=$1 program=$2 version=
[ "$program" = apt-get ] || unset APT_CONFIG
kind=$program
for argument do
  case $argument in
    --list-modules | --printconfig | --help | --version) kind=question ;;
    --uefi) version=none ;;
    *) [ "$version" = none ] || version=$argument ;;
  esac
done
if [ "$kind" = dracut ]; then
  for left in "${pending}"/*; do
    [ -e "$left" ] || continue
    other=\${left##*/}
    if [ "$other" != "$version" ]; then
      chroot "$root" dracut -q --force "/boot/initrd.img-$other" "$other" || exit
    fi
    rm -f "$left"
  done
fi
exec chroot "$@"
`
}

/**
 * The programs that KIWI asks for reports about packages, which it writes beside the disk for the Open Build Service
 * when that is done (kiwi/system/setup.py `export_package_changes`, `export_package_verification`). They say nothing
 * then, and work as ever for other callers.
 *
 * @returns names with their texts
 */
export function reportPrograms(packageManager: string): readonly (readonly [string, string])[] {
  if (packageManager === 'apt') {
    return [
      ['dpkg', quietProgram('dpkg', `'--root '*' -V --verify-format rpm'`)],
      ['zcat', quietProgram('zcat', '*/build/image-root//usr/share/doc/*/changelog.Debian.gz')],
    ]
  }
  return [
    ['rpm', quietProgram('rpm', `'--root '*' -Va --dbpath '* | '--root '*' -qa --qf '*' --changelog --dbpath '*`)],
  ]
}

function quietProgram(name: string, pattern: string): string {
  return `#!/bin/sh
case "$*" in
  ${pattern}) exit 0 ;;
esac
PATH=\${PATH#*:}
exec ${name} "$@"
`
}
