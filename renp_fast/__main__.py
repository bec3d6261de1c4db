"""`python -m renp_fast`."""

import sys

from renp_fast.cli.commands import main

sys.exit(main())
