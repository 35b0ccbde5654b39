"""`python -m recsys`."""

import sys

EXIT_INTERRUPTED = 130

if __name__ == "__main__":
    try:  # the import takes a second or two, in which one may think better of it
        from recsys.cli.main import main

        sys.exit(main())
    except KeyboardInterrupt:
        sys.exit(EXIT_INTERRUPTED)
