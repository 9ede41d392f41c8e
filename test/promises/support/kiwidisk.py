"""Makes a disk as KIWI's builder does, with KIWI's own classes: `kiwidisk.py TABLE TRAP FILE`. Prints where its partition is."""

import os
import subprocess
import sys

from kiwi.storage.disk import Disk
from kiwi.storage.loop_device import LoopDevice

table, trap, name = sys.argv[1:]
# The machine's own, whatever stands in front of it for KIWI.
partx = '/usr/bin/partx' if os.path.exists('/usr/bin/partx') else '/sbin/partx'


def run(*words):
    return subprocess.run(words, check=True, capture_output=True, text=True).stdout.strip()


def attached(device):
    """Before KIWI partitions the disk."""
    if trap == 'stale':
        # A build that was killed: its partition stays known on a device that nobody has attached any more.
        stale = name + '.stale'
        run('truncate', '-s', '8M', stale)
        run('losetup', '--detach', device)
        run('losetup', device, stale)
        subprocess.run(['sfdisk', '--quiet', stale], input='start=2048, type=83\n', text=True, check=True)
        run(partx, '--add', device)
        run('losetup', '--detach', device)
        run('losetup', device, name)
        os.unlink(stale)


def partitioned(device):
    """Before KIWI makes the partitions visible."""
    if trap == 'known':
        # parted tells the kernel of the partition, and KIWI up to 10.3.4 calls it for an msdos table.
        run(partx, '--add', device)


with LoopDevice(name, 64) as loop:
    loop.create()
    attached(loop.get_device())
    with Disk(table, loop) as disk:
        disk.wipe()
        disk.create_root_partition('all_free')
        disk.activate_boot_partition()
        partitioned(loop.get_device())
        disk.map_partitions()
        root = disk.get_device()['root'].get_device()
        run('mkfs.ext4', '-q', root)
        scan = open(f'/sys/block/{os.path.basename(loop.get_device())}/loop/partscan').read().strip()
        print(root, os.path.exists(root), 'partscan', scan)
