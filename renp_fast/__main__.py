"""`python -m renp_fast`."""

import sys

from renp_fast.cli import main

sys.exit(main())
