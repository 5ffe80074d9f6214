"""``python -m cxrelay``: the same as the command ``cxrelay``."""

import sys

from cxrelay.cli import main

if __name__ == "__main__":
    sys.exit(main())
