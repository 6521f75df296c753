"""python -m tests.faults.mirror migrate | worker."""

import sys

from chassis.ops.cli import main
from tests.faults.mirror.service import SERVICE

sys.exit(main(SERVICE))
