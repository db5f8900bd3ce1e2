"""Dialling and listening: `connect` makes one connection, `serve` a server of many."""

import asyncio
import contextlib
import logging
import ssl
from collections.abc import Awaitable, Callable, Mapping
from typing import Any

from .connection import Connection, Endpoint
from .errors import TypewireError

Tls = ssl.SSLContext | None
Handler = Callable[[Connection], Awaitable[None]]
_log = logging.getLogger("typewire_peer")


async def connect(endpoint: Endpoint, port: int, host: str = "127.0.0.1", *, tls: Tls = None) -> Connection:
    """Connects, and returns once the server has answered. Raises OSError, or why it was refused."""
    connection = endpoint.connection(*await asyncio.open_connection(host, port, ssl=tls), "client")
    try:
        await connection.opened()
    except BaseException:
        await connection.close()
        raise
    return connection


class Server:
    """Calls `handler` with each connection, and closes it when that returns; what it raises is `internal`."""

    def __init__(self, endpoint: Endpoint, handler: Handler) -> None:
        self.connections: set[Connection] = set()
        """Those that are open."""
        self._accepted: dict[asyncio.Task[None], Connection] = {}
        self._endpoint, self._handler = endpoint, handler
        self._listener: asyncio.Server | None = None

    @property
    def port(self) -> int:
        """The port that it really has, also where 0 was asked for."""
        assert self._listener is not None
        return int(self._listener.sockets[0].getsockname()[1])

    async def broadcast(self, message: Mapping[str, Any], but: Connection | None = None) -> None:
        """Sends to all connections but one. One that has just ended is passed over."""
        sending = [other.send(message) for other in self.connections - {but}]
        await asyncio.gather(*sending, return_exceptions=True)

    async def close(self, reason: str = "the server is leaving", retry_after: float | None = None) -> None:
        """Accepts no more, closes all connections in order, and returns when their handlers have."""
        if self._listener is not None:
            self._listener.close()
        await asyncio.gather(*(one.close(reason, retry_after) for one in self._accepted.values()))
        await asyncio.gather(*self._accepted.keys() - {asyncio.current_task()})

    async def _accept(self, reader: asyncio.StreamReader, writer: asyncio.StreamWriter) -> None:
        connection = self._endpoint.connection(reader, writer, "server")
        task = asyncio.current_task()
        assert task is not None
        self._accepted[task] = connection
        try:
            await connection.opened()
            self.connections.add(connection)
            await self._handler(connection)
        except TypewireError as error:
            _log.warning("%s: %s", connection.name, error)
        except Exception:
            _log.exception("%s: the handler failed", connection.name)
            connection.fail(TypewireError("internal", "a message could not be handled"))
        finally:
            self.connections.discard(connection)
            with contextlib.suppress(OSError):
                await connection.close()
            del self._accepted[task]


async def serve(
    endpoint: Endpoint, handler: Handler, port: int, host: str = "127.0.0.1", *, tls: Tls = None
) -> Server:
    """Listens, and calls `handler` with each connection."""
    server = Server(endpoint, handler)
    server._listener = await asyncio.start_server(server._accept, host, port, ssl=tls)
    return server
