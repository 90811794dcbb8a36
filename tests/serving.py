"""A server on loopback with the real middleware, for tests that speak HTTP."""

from __future__ import annotations

from collections.abc import Iterator
from contextlib import contextmanager
from typing import Any
from unittest.mock import patch


@contextmanager
def serving() -> Iterator[str]:
    """The address of the application while it is served.

    pytest-django's ``live_server`` answers ``/static/`` itself and knows no hashed names, so the
    thread of Django's test server runs with the application alone. The test needs
    ``transactional_db``.
    """
    from django.core.servers.basehttp import ServerHandler
    from django.db import connections
    from django.test.testcases import LiveServerThread, QuietWSGIRequestHandler

    class OneAnswerAConnection(QuietWSGIRequestHandler):
        protocol_version = "HTTP/1.0"  # kept connections would outlive the server, unclosed

    class ServerThread(LiveServerThread):
        def _create_server(self, connections_override: Any = None) -> Any:
            return self.server_class(
                (self.host, self.port),
                OneAnswerAConnection,
                allow_reuse_address=False,
                connections_override=connections_override,
            )

    shared = {}
    for connection in connections.all():
        if connection.vendor == "sqlite" and connection.is_in_memory_db():
            connection.inc_thread_sharing()
            shared[connection.alias] = connection
    thread = ServerThread(
        "127.0.0.1", static_handler=lambda application: application, connections_override=shared
    )
    thread.daemon = True
    thread.start()
    thread.is_ready.wait()
    try:
        if thread.error:
            raise thread.error
        # Its answers call themselves HTTP/1.1, which promises a client that the connection is kept.
        with patch.object(ServerHandler, "http_version", "1.0"):
            yield f"http://127.0.0.1:{thread.port}"
    finally:
        thread.terminate()
        for connection in shared.values():
            connection.dec_thread_sharing()
