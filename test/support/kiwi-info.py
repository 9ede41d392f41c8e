"""What KIWI says of many descriptions, in one process: most of what `kiwi-ng image info` takes is to start.

Reads a JSON list of lists of arguments of kiwi-ng from the file that the only argument names, and prints a JSON list.
`output` and `code` are of kiwi-ng itself, called as its program does; `state` is what it knows of the description and
`image info` does not print, or null where it refuses the description.
"""

import json
import os
import sys
import tempfile

import kiwi.tasks.base
import kiwi.tasks.image_info
from lxml import etree, isoschematron
from kiwi.defaults import Defaults
from kiwi.kiwi import main
from kiwi.storage.subformat import DiskFormat
from kiwi.storage.subformat.base import DiskFormatBase
from kiwi.system.result import Result
from kiwi.xml_state import XMLState

ARCHITECTURE = 'x86_64'

# To make the rules of the schema takes most of a call, and they are the same for each.
RULES = isoschematron.Schematron(etree.parse(Defaults.get_schema_file()), store_report=True)
isoschematron.Schematron = lambda *_, **__: RULES


def bundle_name(state, pattern):
    result = Result(state)
    try:
        result.add_bundle_format(pattern)
    except ValueError:
        return None
    return result.get_name_for_pattern()


def options(state, disk_format):
    arguments, _ = DiskFormat._custom_args_for_format(disk_format, state)
    arguments.pop('--tag', None)
    return DiskFormatBase.get_qemu_option_list(arguments)


class SeenState(XMLState):
    """The state that kiwi-ng works with, kept for us."""

    def __init__(self, *arguments):
        super().__init__(*arguments)
        SEEN.append(self)


SEEN = []
kiwi.tasks.base.XMLState = SeenState


def facts_of(state):
    disk_format = (state.build_type.get_format() or 'raw').split(':')[-1]
    pattern = state.get_build_type_bundle_format()
    return {
        'type': state.get_build_type_name(),
        'profiles': state.profiles,
        'version': state.get_image_version(),
        'packageManager': state.get_package_manager(),
        'container': state.get_container_config(),
        'options': [] if disk_format in ('vagrant', 'raw') else options(state, disk_format),
        'bundle': bundle_name(state, pattern) if pattern else None,
    }


def code_of(arguments):
    sys.argv = ['kiwi-ng', '--temp-dir', TEMPORARY, '--target-arch', ARCHITECTURE, *arguments]
    try:
        main()
    except SystemExit as ended:
        return ended.code if isinstance(ended.code, int) else 1
    return 0


def answer(arguments):
    with tempfile.TemporaryFile('w+') as output, tempfile.TemporaryFile('w+') as said:
        child = os.fork()
        if child == 0:
            os.dup2(output.fileno(), 1)
            os.dup2(output.fileno(), 2)
            code = 1
            try:
                code = code_of(arguments)
                sys.stdout.flush()
                json.dump(facts_of(SEEN[-1]) if code == 0 else None, said)
                said.flush()
            finally:
                os._exit(code)
        _, status = os.waitpid(child, 0)
        output.seek(0)
        said.seek(0)
        text = said.read()
        return {'code': os.waitstatus_to_exitcode(status), 'output': output.read(), 'state': json.loads(text or 'null')}


def load_all():
    """KIWI loads most of itself when it is first called: here that is done once, with nothing to see."""
    said = [os.dup(1), os.dup(2)]
    nothing = os.open(os.devnull, os.O_WRONLY)
    for stream in (1, 2):
        os.dup2(nothing, stream)
    code_of(['image', 'info', '--description', os.devnull])
    sys.stdout.flush()
    for stream, before in zip((1, 2), said):
        os.dup2(before, stream)


with open(sys.argv[1], encoding='utf-8') as questions:
    asked = json.load(questions)
# A child ends before KIWI removes what it wrote.
with tempfile.TemporaryDirectory() as TEMPORARY:
    load_all()
    json.dump([answer(arguments) for arguments in asked], sys.stdout)
