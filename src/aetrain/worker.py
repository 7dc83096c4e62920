"""A process of rank above 0: `python -m aetrain.worker <job file>`."""

import json
import os
import sys
from pathlib import Path

from aetrain.errors import Interrupted, UserError
from aetrain.processes import PORT, RANK, READY, SIZE, LocalEnvironment, leave_group


def main() -> int:
    """Train along with process 0, which has checked everything and prints everything."""
    from aetrain.carrying_out import assemble_job, carry_out
    from aetrain.console import quiet
    from aetrain.job import Job

    # what is told goes to the error's stream; the pipe is for one line, and then closed
    ready = os.dup(1)
    os.dup2(2, 1)
    quiet()
    job = Job(**json.loads(Path(sys.argv[1]).read_text()))
    environment = LocalEnvironment(*(int(os.environ[key]) for key in (RANK, SIZE, PORT)))
    try:
        parts = assemble_job(job)
        os.write(ready, READY + b"\n")
        os.close(ready)
        carry_out(job, environment, parts)
    except Interrupted as stop:
        return 128 + stop.signum
    except UserError as error:
        print(f"process {environment.rank}: {error}", file=sys.stderr)
        return 2
    finally:
        leave_group()
    return 0


if __name__ == "__main__":
    sys.exit(main())
