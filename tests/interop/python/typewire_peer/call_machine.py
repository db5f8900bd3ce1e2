"""The calls of one connection, those that it makes and those that it answers (docs/wire.md): ids, slots, credit,
deadlines, and one `$result` for each. Bytes and the connection's end are `calls.Peer`'s. Values are not checked
against schemas: None for an input, an item, an output or an error's data is the absence of one.
"""

import asyncio
import inspect
import logging
from collections.abc import AsyncGenerator, AsyncIterable, Awaitable, Callable
from typing import TYPE_CHECKING, Any, Final, Self, TypeVar

from .errors import TypewireError
from .items import Inbox, Items, NoCredit, Pump, Unfinished
from .wire import Message

if TYPE_CHECKING:
    from .calls import CallEndpoint, Peer

DEFAULT_TIMEOUT: Final = 30.0
"""Seconds that a call without items may take where nothing else is said."""

Handler = Callable[[Any, "Call"], Any]
"""An async function, or an async generator function, of the input and the call."""
_H = TypeVar("_H", bound=Handler)
_log = logging.getLogger("typewire_peer")
_MAX_EXCESS, _EXCESS_WINDOW = 100, 10.0
_MAYBE: Final = {"deadline-exceeded", "cancelled"}
_NEVER: Final = "unknown-call invalid-input too-many-calls auth-required auth-failed auth-expired".split()


class CallError(Exception):
    """Why a call has no output: `code` is one of docs/wire.md, or what the protocol declares for the call."""

    def __init__(
        self,
        code: str,
        message: str,
        ran: str = "yes",
        *,
        data: Any = None,
        path: str | None = None,
        retry_after: float | None = None,
    ) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.message, self.data, self.path = code, message, data, path
        self.ran = ran
        """Whether the handler ran: "no", "maybe" or "yes". After "no" anybody may call again."""
        self.retry_after = retry_after
        """Seconds after which the callee takes calls again."""


class _Declared(CallError):
    """Made by the handler of this call; one that another call ended with is no answer to this one."""


def sends(handler: _H) -> _H:
    """Marks the handler of a call whose caller sends items: such a call has no deadline by default."""
    handler.__dict__["sends"] = True
    return handler


class _Outgoing:
    """A call that this end has made, and that has no `$result` yet."""

    def __init__(self, calls: "Calls", name: str, is_stream: bool) -> None:
        self.name, self.is_stream, self.id = name, is_stream, 0
        self.done = asyncio.get_running_loop().create_future()
        self.done.add_done_callback(lambda done: done.cancelled() or done.exception())  # also where nobody asks for it
        self.inbox = Inbox(lambda size: calls.say("$credit", self.id, bytes=size))
        self.pump = Pump()
        self.pumping: asyncio.Task[None] | None = None
        self.deadline: asyncio.TimerHandle | None = None

    def settle(self, output: Any, error: BaseException | None = None) -> None:
        if self.deadline is not None:
            self.deadline.cancel()
        if self.pumping is not None:
            self.pumping.cancel()
        if not self.done.done():
            if error is None:
                self.done.set_result(output)
            else:
                self.done.set_exception(error)
        self.inbox.end()


class Stream:
    """A call whose items are iterated, once; the first step makes it, and leaving the loop cancels it.

    A loop that is left by `break` is noticed a turn later; `async with` around it makes that the block's end.
    """

    output: Any = None
    """What ended the call, once the items have."""

    def __init__(self, begin: Callable[[], _Outgoing], leave: Callable[[_Outgoing], None]) -> None:
        self._begin, self._leave = begin, leave
        self._items: AsyncGenerator[Any, None] | None = None

    async def __aenter__(self) -> Self:
        return self

    async def __aexit__(self, *_: object) -> None:
        if self._items is not None:
            await self._items.aclose()

    def __aiter__(self) -> AsyncGenerator[Any, None]:
        return self._iterate()

    async def _iterate(self) -> AsyncGenerator[Any, None]:
        call = self._begin()
        try:
            async for item in call.inbox:
                yield item
            self.output = await call.done
        finally:
            self._leave(call)


class Call:
    """A call that this end answers, as its handler sees it. When it ends early, the handler's task is cancelled."""

    output: Any = None
    """Where an async generator answers, what ends the call: it has no return value."""

    def __init__(self, connection: "Peer", name: str, id: int, is_stream: bool) -> None:
        self.name, self.connection, self.id, self.is_stream = name, connection, id, is_stream
        self._inbox = Inbox(lambda size: connection._calls.say("$credit", id, bytes=size))
        self._pump = Pump()
        self._reason: CallError | None = None
        self._has_begun = False
        self._task: asyncio.Task[None] | None = None
        self._deadline: asyncio.TimerHandle | None = None

    @property
    def context(self) -> Any:
        """What `authenticate` made of the connection."""
        return self.connection.context

    @property
    def items(self) -> AsyncIterable[Any]:
        """What the caller sends."""
        return self._inbox

    @property
    def remaining(self) -> float | None:
        """Seconds until the deadline, for the calls that this one makes; None where there is none."""
        if self._deadline is None:
            return None
        return max(0.001, self._deadline.when() - asyncio.get_running_loop().time())

    def error(self, code: str, data: Any = None, message: str = "the call has failed") -> CallError:
        """An error that the protocol declares, to be raised."""
        return _Declared(code, message, data=data)

    def _abort(self, code: str, message: str) -> None:
        if self._reason is None and self._task is not None:
            self._reason = CallError(code, message)
            self._inbox.end()
            self._pump.stop()
            if self._has_begun:  # a task that is cancelled before its first step says nothing
                self._task.cancel()


class Calls:
    """The calls of one connection, in both roles."""

    def __init__(self, connection: "Peer", endpoint: "CallEndpoint") -> None:
        self._connection, self._endpoint, self._handlers = connection, endpoint, endpoint.calls
        self._made: dict[int, _Outgoing] = {}
        self._answered: dict[int, Call] = {}
        self._abandoned: dict[int, bool] = {}
        """Given up here and not answered yet, by id: whether each is a stream. The callee's slot is still taken."""
        self._last_made = self._last_answered = 0
        self._waiting: list[asyncio.Future[None]] = []
        self._excess: list[float] = []
        self._drain: int | None = None
        self._is_peer_draining = False
        self._over: TypewireError | None = None

    def use_id(self, id: int | None = None) -> int:
        """The id of the first call, this end's where none is given: used before all others."""
        if id is None:
            self._last_made = id = 1
        else:
            self._last_answered = id
        return id

    def say(self, kind: str, id: int, **fields: Any) -> None:
        """Queues a message of a call that has no value of the program's."""
        self._connection._write({"type": kind, "id": id} | fields)

    # What this end calls

    async def call(self, name: str, input: Any, items: Items | None, timeout: float | None) -> Any:
        begun, has_waited = asyncio.get_running_loop().time(), False
        while items is None and self._refusal() is None and not self._has_slot(False):
            slot, has_waited = asyncio.get_running_loop().create_future(), True
            self._waiting.append(slot)
            try:
                left = None if timeout is None else begun + timeout - asyncio.get_running_loop().time()
                async with asyncio.timeout(left):
                    await slot
            except TimeoutError:
                raise CallError("deadline-exceeded", f"no slot for {name!r} was free", "no") from None
            finally:
                self._waiting.remove(slot)
        if timeout is not None and has_waited:
            timeout = max(0.001, begun + timeout - asyncio.get_running_loop().time())
        call = self.begin(name, input, items, timeout, is_stream=items is not None)
        try:
            return await call.done
        finally:
            self.leave(call)

    def begin(
        self, name: str, input: Any, items: Items | None, timeout: float | None, *, is_stream: bool
    ) -> _Outgoing:
        if (refusal := self._refusal()) is not None:
            raise refusal
        if not self._has_slot(is_stream):
            raise CallError("too-many-calls", f"all {self._slots(is_stream)} streams are open", "no")
        call = _Outgoing(self, name, is_stream)
        message: Message = {"type": "$call", "call": name, "id": self._last_made + 1}
        if timeout is None:
            message |= {} if is_stream else {"timeoutMs": 0}
        elif is_stream or timeout != DEFAULT_TIMEOUT:
            message["timeoutMs"] = max(1, round(timeout * 1000))
        self._connection._queue(message | ({} if input is None else {"input": input}))
        self._last_made = call.id = self._last_made + 1
        self._made[call.id] = call
        if timeout is not None:
            late = CallError("deadline-exceeded", f"{name!r} took more than {timeout:.3f} s", "maybe")
            call.deadline = asyncio.get_running_loop().call_later(timeout, self._give_up, call, late)
        if items is not None:
            call.pumping = asyncio.create_task(self._send_items(call, items))
        return call

    def leave(self, call: _Outgoing) -> None:
        """The program waits no longer for a call, which may be over."""
        self._give_up(call, CallError("cancelled", f"the caller cancelled {call.name!r}", "maybe"))

    def _give_up(self, call: _Outgoing, error: BaseException) -> None:
        if self._made.pop(call.id, None) is not None:
            self._abandoned[call.id] = call.is_stream
            self.say("$cancel", call.id)
        call.settle(None, error)

    async def _send_items(self, call: _Outgoing, items: Items) -> None:
        try:
            await call.pump.run(items, lambda item: self._send_item(call.id, item))
            self.say("$end", call.id)
        except Exception as error:
            self._give_up(call, error)

    async def _send_item(self, id: int, item: Any) -> int:
        return await self._connection._deliver({"type": "$item", "id": id, "item": item})

    def _refusal(self) -> CallError | None:
        if self._over is not None:
            return CallError("connection-closed", "the connection has ended", "no")
        if "maxCalls" not in self._connection._peer_hello:
            return CallError("calls-unsupported", "the peer answers no calls", "no")
        return CallError("shutting-down", "the peer leaves", "no") if self._is_peer_draining else None

    def _slots(self, is_stream: bool) -> int:
        return int(self._connection._peer_hello.get("maxStreams" if is_stream else "maxCalls", 0))

    def _has_slot(self, is_stream: bool) -> bool:
        taken = sum(call.is_stream == is_stream for call in self._made.values())
        return taken + sum(one == is_stream for one in self._abandoned.values()) < self._slots(is_stream)

    # What the peer says

    def take(self, message: Message, size: int) -> str | None:
        """Takes a message of a call whose payload has `size` bytes; returns the path of what is wrong in it."""
        kind, id = message["type"], message.get("id", 0)
        if kind == "$drain":
            self._is_peer_draining = True
            self._wake()
        elif kind == "$call":
            return self._take_call(message, id)
        elif kind == "$result":
            return self._take_result(message, id)
        elif (made := self._made.get(id)) is not None:
            if kind == "$item" and not made.inbox.put(message.get("item"), size):
                self._give_up(made, CallError("item-beyond-credit", "an item came beyond the credit"))
            elif kind == "$credit":
                made.pump.grant(message["bytes"])
        elif (answered := self._answered.get(id)) is not None:
            self._take_for(answered, kind, message, size)
        elif self._knows(kind) and not 1 <= id <= max(self._last_made, self._last_answered):
            return "/id"
        return None

    def _knows(self, kind: str) -> bool:
        """Whether it is of a side of calls that this end has."""
        return bool(self._handlers) or (self._connection._role == "client" and kind not in ("$end", "$cancel"))

    def _take_for(self, call: Call, kind: str, message: Message, size: int) -> None:
        if kind == "$end":
            call._inbox.end()
        elif kind == "$credit":
            call._pump.grant(message["bytes"])
        elif kind == "$cancel":
            call._abort("cancelled", "the caller cancelled it")
        elif not call._inbox.put(message.get("item"), size):
            call._abort("item-beyond-credit", "an item came beyond the credit")

    def _take_result(self, message: Message, id: int) -> str | None:
        call = self._made.pop(id, None)
        if call is None and self._connection._role == "client" and not 1 <= id <= self._last_made:
            return "/id"
        if call is None:
            self._abandoned.pop(id, None)
        elif "error" in message:
            call.settle(None, error_of(message["error"]))
        else:
            call.settle(message.get("output"))
        self._wake()
        return None

    def _wake(self) -> None:
        for slot in self._waiting:
            if not slot.done():
                slot.set_result(None)

    # What this end answers

    def _take_call(self, message: Message, id: int) -> str | None:
        name, timeout_ms = message["call"], message.get("timeoutMs")
        handler = self._handlers.get(name)
        if not self._handlers:  # a peer without calls looks at nothing but the id
            self._refuse(id, "unknown-call", "this peer has no calls")
            return None
        if id <= self._last_answered:
            return "/id"
        self._last_answered = id
        is_stream = handler is not None and (
            inspect.isasyncgenfunction(handler) or getattr(handler, "sends", False)
        )
        most = self._endpoint.max_streams if is_stream else self._endpoint.max_calls
        if handler is None:
            self._refuse(id, "unknown-call", "this peer has no such call")
        elif timeout_ms is not None and (type(timeout_ms) is not int or timeout_ms < 0):
            self._refuse(id, "invalid-input", "expected a count of milliseconds", path="/timeoutMs")
        elif self._drain is not None:
            self._refuse(id, "shutting-down", "this peer leaves", retryAfterMs=self._drain)
        elif sum(call.is_stream == is_stream for call in self._answered.values()) >= most:
            self._refuse(id, "too-many-calls", f"all {most} are open")
            self._count_excess()
        else:
            call = self._answered[id] = Call(self._connection, name, id, is_stream)
            default = 0 if is_stream else DEFAULT_TIMEOUT * 1000
            if (for_ms := default if timeout_ms is None else timeout_ms) > 0:
                late = ("deadline-exceeded", "its time is over")
                seconds = min(for_ms / 1000, self._endpoint.max_call_time)
                call._deadline = asyncio.get_running_loop().call_later(seconds, call._abort, *late)
            call._task = asyncio.create_task(self._answer(call, handler, message.get("input")))
        return None

    def _refuse(self, id: int, code: str, text: str, **more: Any) -> None:
        self.say("$result", id, error={"code": code, "message": text} | more)

    def _count_excess(self) -> None:
        now = self._connection._time()
        self._excess = [time for time in self._excess if now - time < _EXCESS_WINDOW] + [now]
        if len(self._excess) > _MAX_EXCESS:
            self._connection.fail(TypewireError("too-many-errors", "too many calls beyond the limits"))

    async def _answer(self, call: Call, handler: Handler, input: Any) -> None:
        try:
            result = await self._outcome(call, handler, input)
        finally:
            if call._deadline is not None:
                call._deadline.cancel()
            self._answered.pop(call.id, None)
            call._inbox.end()
        try:
            await self._connection._deliver({"type": "$result", "id": call.id} | result)
        except (TypewireError, TypeError, ValueError, OverflowError) as error:
            if self._over is None:
                self._refuse(call.id, *self._internal(call, error))

    async def _outcome(self, call: Call, handler: Handler, input: Any) -> Message:
        output: Any = None
        failure: BaseException | None = None
        call._has_begun = True
        if call._reason is not None:
            return {"error": {"code": call._reason.code, "message": call._reason.message}}
        try:
            answer = handler(input, call)
            if isinstance(answer, AsyncIterable):
                await call._pump.run(answer, lambda item: self._send_item(call.id, item))
                output = call.output
            else:
                output = await answer
        except (Exception, asyncio.CancelledError) as error:
            failure = error
        reason = call._reason
        by_signal = failure is None or isinstance(failure, asyncio.CancelledError | CallError | NoCredit)
        if reason is not None and by_signal and (failure is not None or reason.code != "deadline-exceeded"):
            return {"error": {"code": reason.code, "message": reason.message}}
        if reason is None and isinstance(failure, NoCredit | Unfinished):
            return {"error": {"code": "cancelled", "message": "the caller ended its half"}}
        if isinstance(failure, _Declared):
            data = {} if failure.data is None else {"data": failure.data}
            return {"error": {"code": failure.code, "message": failure.message} | data}
        if failure is not None:
            code, text = self._internal(call, failure)
            return {"error": {"code": code, "message": text}}
        return {} if output is None else {"output": output}

    def _internal(self, call: Call, error: BaseException) -> tuple[str, str]:
        if self._over is None:
            _log.error("%s: the call %r failed", self._connection.name, call.name, exc_info=error)
        return "internal", f"the handler of {call.name!r} failed"

    # The end

    async def drain(self, time: float, retry_after: float) -> None:
        if self._drain is None:
            self._drain = round(retry_after * 1000)
            self._connection._write({"type": "$drain", "retryAfterMs": self._drain})
        await self._settled(time / 2)
        for call in list(self._answered.values()):
            call._abort("shutting-down", "this peer leaves")
        await self._settled(time / 2)

    async def finish(self) -> None:
        """The peer sends nothing more, but still reads: what it has called is answered, and ends where it needs more."""
        for call in self._answered.values():
            call._inbox.end(is_whole=False)
            call._pump.stop()
        await self._settled(None)

    async def _settled(self, timeout: float | None) -> None:
        tasks = [call._task for call in self._answered.values() if call._task is not None]
        if tasks:
            await asyncio.wait(tasks, timeout=timeout)

    def ended(self, error: TypewireError | None) -> None:
        """The connection has ended: all calls of both ends do."""
        if self._over is not None:
            return
        self._over = error or TypewireError("connection-closed", "the connection has ended")
        for made in self._made.values():
            made.settle(None, CallError("connection-lost", f"{made.name!r}: {self._over}", "maybe"))
        self._made.clear()
        for answered in list(self._answered.values()):
            answered._abort("connection-lost", "the connection has ended")
        self._wake()


def error_of(error: Message) -> CallError:
    """What a call has come to by the `error` of its `$result`."""
    code, retry_ms = error.get("code", ""), error.get("retryAfterMs")
    ran = "no" if code in _NEVER else "maybe" if code in _MAYBE else "yes"
    if code == "shutting-down":
        ran = "maybe" if retry_ms is None else "no"
    retry_after = None if retry_ms is None else retry_ms / 1000
    data, path = error.get("data"), error.get("path")
    return CallError(code, error.get("message", ""), ran, data=data, path=path, retry_after=retry_after)


def wrong_field_of_call(message: Message) -> str | None:
    """The path of what makes a message of a call none, whatever the call is."""
    kind = message["type"]
    if kind == "$call" and type(message.get("call")) is not str:
        return "/call"
    if kind != "$drain" and type(message.get("id")) is not int:
        return "/id"
    if kind == "$credit" and (type(message.get("bytes")) is not int or message["bytes"] < 1):
        return "/bytes"
    if kind == "$result" and not isinstance(message.get("error", {}), dict):
        return "/error"
    return None
