"""`edi` with leases of a few seconds instead of a minute, so that tests need not wait for them: `python -m tests.cli.run_host run ...`."""

from datetime import timedelta

from edi.cli import main
from edi.engine import leases

if __name__ == "__main__":
    leases.LEASE = timedelta(seconds=3)
    main()
