"""Run the command line with ``python -m secsvc_batch``."""

from secsvc_batch.cli import main

main()
