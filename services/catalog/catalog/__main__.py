"""python -m catalog web | worker | migrate | declare | reconcile | docs | config."""

import sys

from catalog.app import SERVICE
from chassis.ops.cli import main

sys.exit(main(SERVICE))
