"""python -m sample web | worker | migrate | declare | reconcile | docs | config."""

import sys

from chassis.ops.cli import main
from sample.app import SERVICE

sys.exit(main(SERVICE))
