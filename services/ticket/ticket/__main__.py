"""python -m ticket web | worker | migrate | declare | reconcile | docs | config."""

import sys

from chassis.ops.cli import main
from ticket.app import SERVICE

sys.exit(main(SERVICE))
