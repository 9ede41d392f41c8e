#!/bin/bash
set -euo pipefail

# Merging /usr is done, and the Perl that it needs is larger than QEMU. KIWI's own way, <packages type="uninstall">,
# removes nothing with apt (11.1.6).
apt-get -q -y purge '^libperl5' '^perl-modules-5'

# What nobody reads in a container, and firmware that boot-disk does not use.
rm -rf /usr/share/{icons,info,iso-codes,lintian,locale,man,xml}/* /usr/share/ovmf
find /usr/share/doc -type f ! -name copyright -delete
find /usr/share/OVMF -name '*.fd' ! -name 'OVMF_CODE_4M.fd' ! -name 'OVMF_VARS_4M.fd' -delete

# What the build leaves, KIWI among it.
rm -rf /.profile /var/lib/dpkg/*-old /var/lib/dpkg/status.kiwi /var/cache/{apt,debconf,ldconfig}/* /var/log/*
