"""python -m sales web | worker | migrate | declare | reconcile | docs | config | rotate-phone-keys."""

import sys

from chassis.ops.cli import main
from sales.app import SERVICE


def run(arguments: list[str]) -> int:
    """Run one command; returns the exit status."""
    if arguments[:1] == ["rotate-phone-keys"]:
        from sales.rotating import rotate_phone_keys

        for line in rotate_phone_keys(arguments[1:]):
            print(line, flush=True)
        return 0
    return main(SERVICE, arguments=arguments)


sys.exit(run(sys.argv[1:]))
