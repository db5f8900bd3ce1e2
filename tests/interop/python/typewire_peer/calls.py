"""Calls, streams and authentication for `typewire_peer`: an endpoint and a connection that have them.

A program that has no calls needs none of it: `typewire_peer.connect` and `serve` answer each call with
`unknown-call`.
"""

import asyncio
import inspect
import logging
from asyncio import StreamReader, StreamWriter
from collections.abc import Awaitable, Callable, Mapping
from dataclasses import dataclass, field, replace
from typing import Any, Final, cast

from . import endpoints, wire
from .call_machine import DEFAULT_TIMEOUT, Calls, Handler, Stream, wrong_field_of_call
from .call_machine import Call as Call, CallError as CallError, sends as sends
from .connection import Connection, Endpoint
from .errors import PeerError, TypewireError
from .items import Items
from .wire import Message

_log = logging.getLogger("typewire_peer")
_AUTHENTICATE, _MAX_UNAUTHENTICATED_BYTES, _DEFAULT = "$authenticate", 16_384, -1.0
_KINDS: Final = {"$call", "$item", "$end", "$credit", "$cancel", "$result", "$drain"}


@dataclass(frozen=True, kw_only=True, slots=True)
class Admission:
    """What `authenticate` may return instead of the context, where what was shown holds for a time only."""

    context: Any = None
    expires_in: float
    """Seconds until the client has to come back with something newer."""


@dataclass(frozen=True, kw_only=True, slots=True)
class CallEndpoint(Endpoint):
    """What all connections of a program share that calls, answers calls, or authenticates."""

    calls: Mapping[str, Handler] = field(default_factory=dict)
    """What this end answers, by the names of calls."""
    auth: Callable[[], Any] | None = None
    """A client's: returns what it shows, anew for each connection. May be an async function."""
    authenticate: Callable[[Any, "Peer"], Any] | None = None
    """A server's: judges what a client shows, and returns the connection's context, or an `Admission`.

    Raises where the client may not stay; a TypewireError of another code than auth-failed where it cannot tell.
    """
    max_calls: int = 256
    """Calls without items that one connection may have open here."""
    max_streams: int = 64
    max_call_time: float = 3600.0
    """Seconds that a caller may allow its call."""

    def hello(self) -> Message:
        slots = {"maxCalls": self.max_calls, "maxStreams": self.max_streams} if self.calls else {}
        return Endpoint.hello(self) | slots

    def connection(self, reader: StreamReader, writer: StreamWriter, role: str) -> "Peer":
        return Peer(reader, writer, self, role)


class Peer(Connection):
    """A connection whose other end can be called, and may call."""

    context: Any = None
    """What `authenticate` returned."""

    def __init__(self, reader: StreamReader, writer: StreamWriter, endpoint: CallEndpoint, role: str) -> None:
        self._calls, self._admitted = Calls(self, endpoint), asyncio.Event()
        self._auth = endpoint.auth if role == "client" else None
        self._authenticate = endpoint.authenticate if role == "server" else None
        self._has_auth = self._auth is not None or self._authenticate is not None
        self._expiry: asyncio.TimerHandle | None = None
        super().__init__(reader, writer, endpoint, role)
        if self._has_auth:
            most = min(self._limits.max_frame_bytes, _MAX_UNAUTHENTICATED_BYTES)
            self._limits = replace(self._limits, max_frame_bytes=most)

    async def call(
        self, name: str, input: Any = None, *, sends: Items | None = None, timeout: float | None = _DEFAULT
    ) -> Any:
        """Calls, and returns the output. Raises CallError, and what `sends` raises.

        `timeout` is in seconds, None for no deadline; by default 30 without items to send, else none.
        """
        default = DEFAULT_TIMEOUT if sends is None else None
        return await self._calls.call(name, input, sends, default if timeout == _DEFAULT else timeout)

    def stream(
        self, name: str, input: Any = None, *, sends: Items | None = None, timeout: float | None = None
    ) -> Stream:
        """The items of a call, to be iterated. Raises CallError then. There is no deadline by default."""
        calls = self._calls
        return Stream(lambda: calls.begin(name, input, sends, timeout, is_stream=True), calls.leave)

    async def drain(self, time: float = 5.0, retry_after: float = 0.0) -> None:
        """Answers no further calls, and lets those under way end; at half of `time` they are cancelled."""
        await self._calls.drain(time, retry_after)

    async def opened(self) -> None:
        if not self._has_auth:
            return await super().opened()
        try:
            async with asyncio.timeout(self._limits.hello_deadline):
                await self._admitted.wait()
        except TimeoutError:
            self.fail(TypewireError("hello-timeout", f"{_AUTHENTICATE} is not over in time"))
        if self.error is not None:
            raise self.error

    async def _take(self, message: Any, payload: bytes) -> None:
        kind = message.get("type") if isinstance(message, dict) else None
        is_handshake = kind in ("$hello", "$proof", "$error", "$bye")
        if self._is_proven and not is_handshake:
            if self._has_auth and not self._admitted.is_set():
                return await self._admit(kind, message)
            if kind in _KINDS:
                if (path := wrong_field_of_call(message) or self._calls.take(message, len(payload))) is not None:
                    self._refuse(f"schema-mismatch at {path}: it is not as asked", path, kind, self._frames)
                return self._opened.set()
        await super()._take(message, payload)
        if kind in ("$hello", "$proof") and self._auth is not None and self._is_proven and self._peer_hello:
            await self._show(self._auth)

    def _refuse(self, text: str, path: str, of: Any, frame: int, code: str = "schema-mismatch") -> None:
        if self._has_auth and not self._admitted.is_set():
            self.fail(TypewireError("auth-required", text))
        else:
            super()._refuse(text, path, of, frame, code)

    async def _frame(self) -> bytes | None:
        payload = await super()._frame()
        if payload is None:
            await self._calls.finish()
        return payload

    async def _show(self, auth: Callable[[], Any]) -> None:
        shown = auth()
        if inspect.isawaitable(shown):
            shown = await shown
        self._queue({"type": "$call", "call": _AUTHENTICATE, "id": self._calls.use_id()} | {"input": shown})

    async def _admit(self, kind: Any, message: Any) -> None:
        """Takes what comes before the client is let in, which is one message."""
        if self._auth is not None and kind == "$result" and message.get("id") == 1:
            if (failure := message.get("error")) is not None:
                code = "internal" if failure.get("code") == "internal" else "auth-failed"
                raise PeerError(code, str(failure.get("message", "")))
        elif self._authenticate is None or kind != "$call" or message.get("call") != _AUTHENTICATE:
            raise TypewireError("auth-required", f"expected {_AUTHENTICATE} to be over, got {kind}")
        elif wrong_field_of_call(message) is not None or message["id"] < 1:
            raise TypewireError("auth-required", f"{_AUTHENTICATE} is not as asked")
        else:
            await self._judge(message, self._authenticate)
        self._limits = self._endpoint.limits
        self._admitted.set()
        self._opened.set()

    async def _judge(self, message: Message, authenticate: Callable[[Any, "Peer"], Any]) -> None:
        id, output = self._calls.use_id(message["id"]), {}
        try:
            context = authenticate(message.get("input"), self)
            if inspect.isawaitable(context):
                context = await context
        except Exception as error:
            _log.warning("%s: authenticate: %r", self.name, error)
            is_refusal = not isinstance(error, TypewireError) or error.code == "auth-failed"
            code, text = "auth-failed" if is_refusal else "internal", "this client is not let in"
            self._write({"type": "$result", "id": id, "error": {"code": code, "message": text}})
            raise TypewireError(code, text) from None
        if isinstance(context, Admission):
            expired = TypewireError("auth-expired", "what was shown is no longer valid")
            loop = asyncio.get_running_loop()
            self._expiry = loop.call_later(context.expires_in, self.fail, expired)
            output, context = {"expiresInMs": max(1, round(context.expires_in * 1000))}, context.context
        self.context = context
        self._write({"type": "$result", "id": id, "output": output})

    def _queue(self, message: Message) -> int:
        """Writes one message within the peer's limits; returns the bytes of its payload."""
        if self._finishing is not None:
            raise TypewireError("connection-closed", "the connection has ended")
        frame = wire.encode_frame(message, self._peer_hello)
        self._writer.write(frame)
        return len(frame) - wire.HEADER_BYTES

    async def _deliver(self, message: Message) -> int:
        """As `_queue`, and waits while the peer is slow."""
        size = self._queue(message)
        await self._flush()
        return size

    def _end(self) -> asyncio.Task[None]:
        if self._expiry is not None:
            self._expiry.cancel()
        self._admitted.set()
        ending = super()._end()
        self._calls.ended(self.error)
        return ending


async def connect(endpoint: CallEndpoint, port: int, host: str = "127.0.0.1", *, tls: endpoints.Tls = None) -> Peer:
    """As `typewire_peer.connect`; returns once the server has let this client in."""
    return cast(Peer, await endpoints.connect(endpoint, port, host, tls=tls))


async def serve(
    endpoint: CallEndpoint,
    port: int,
    host: str = "127.0.0.1",
    *,
    handler: Callable[[Peer], Awaitable[None]] | None = None,
    tls: endpoints.Tls = None,
) -> endpoints.Server:
    """As `typewire_peer.serve`; `handler` is for messages, which are passed over where there is none."""
    return await endpoints.serve(endpoint, cast(endpoints.Handler, handler or _pass_over), port, host, tls=tls)


async def _pass_over(peer: Connection) -> None:
    async for _ in peer:
        pass
