"""Wraps a raw disk as a build of KIWI does once it has the disk: DESCRIPTION TARGET TEMP, printing the archive's path."""

import sys

from kiwi.defaults import Defaults
from kiwi.storage.subformat import DiskFormat
from kiwi.xml_description import XMLDescription
from kiwi.xml_state import XMLState

description, target, temp = sys.argv[1:]
Defaults.set_temp_location(temp)
state = XMLState(XMLDescription(description).load(), None, 'oem')
disk = DiskFormat.new(state.build_type.get_format(), state, temp, target)
disk.create_image_format()
print(disk.filename)
