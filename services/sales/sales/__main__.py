"""python -m sales web | worker | migrate | declare | reconcile | docs | config."""

import sys

from chassis.ops.cli import main
from sales.app import SERVICE

sys.exit(main(SERVICE))
