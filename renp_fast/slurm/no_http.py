"""Preloaded by the schedulers and workers of Dask: closes their HTTP servers, which know neither TLS nor users."""

from typing import Any


def dask_setup(server: Any) -> None:
    """Stop listening for HTTP; Dask has no option for that."""
    server.http_server.stop()
