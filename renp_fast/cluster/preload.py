"""Preloaded by the schedulers and workers of Dask, as ``--preload renp_fast.cluster.preload``.

Beside its encrypted port each of them opens a web server, which asks nobody who he is, even where the dashboard is
off. It is closed before anybody is told of it.
"""

import signal
import threading
from typing import Any


def dask_setup(server: Any) -> None:
    """Close the web server of a scheduler or worker; let Ctrl-C be the business of the run that it works for."""
    server.http_server.stop()
    if hasattr(server, "nanny") and threading.current_thread() is threading.main_thread():
        signal.signal(signal.SIGINT, signal.SIG_IGN)
