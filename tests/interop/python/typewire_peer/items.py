"""The items of one call in one direction: those that have come, and those on their way out, each by its credit."""

import asyncio
from collections.abc import AsyncGenerator, AsyncIterable, AsyncIterator, Awaitable, Callable, Iterable
from typing import Any, Final

WINDOW_BYTES: Final = 65_536
_MAX_CREDIT: Final = 2**53 - 1

Items = AsyncIterable[Any] | Iterable[Any]


class NoCredit(Exception):
    """The receiver gives no credit any more."""


class Unfinished(Exception):
    """The sender has left before its `$end`: the items are not whole."""


class Inbox:
    """The items of one call that have come. Gives credit for those that the program has taken."""

    def __init__(self, grant: Callable[[int], None]) -> None:
        self._grant = grant
        self._queue = asyncio.Queue[tuple[Any, int] | None]()
        self._credit, self._taken, self._is_open, self._is_whole = WINDOW_BYTES, 0, True, True

    def put(self, item: Any, size: int) -> bool:
        """False where it came beyond the credit."""
        if self._credit <= 0:
            return False
        self._credit -= size
        if self._is_open:
            self._queue.put_nowait((item, size))
        return True

    def end(self, *, is_whole: bool = True) -> None:
        """Nothing more comes. A loop over items that are not whole ends with `Unfinished`."""
        if self._is_open:
            self._is_open, self._is_whole = False, is_whole
            self._queue.put_nowait(None)

    async def __aiter__(self) -> AsyncGenerator[Any, None]:
        while (entry := await self._queue.get()) is not None:
            item, size = entry
            self._taken += size
            if self._taken >= WINDOW_BYTES // 2 and self._is_open:
                self._credit += self._taken
                self._grant(self._taken)
                self._taken = 0
            yield item
        self._queue.put_nowait(None)  # for a second loop, which has nothing
        if not self._is_whole:
            raise Unfinished


class Pump:
    """The items of one call on their way out: one is asked for only while there is credit."""

    def __init__(self) -> None:
        self._credit, self._more, self._is_over = WINDOW_BYTES, asyncio.Event(), False

    def grant(self, size: int) -> None:
        self._credit = min(self._credit + size, _MAX_CREDIT)
        self._more.set()

    def stop(self) -> None:
        """No credit comes any more: what would wait for it ends."""
        self._is_over = True
        self._more.set()

    async def run(self, items: Items, send: Callable[[Any], Awaitable[int]]) -> None:
        iterator = _iterate(items)
        try:
            while await self._has_credit():
                try:
                    item = await anext(iterator)
                except StopAsyncIteration:
                    return
                size = await send(item)
                self._credit -= size  # read only now: credit may have come meanwhile
            raise NoCredit
        finally:
            if isinstance(iterator, AsyncGenerator):
                await iterator.aclose()

    async def _has_credit(self) -> bool:
        while self._credit <= 0 and not self._is_over:
            self._more.clear()
            await self._more.wait()
        return self._credit > 0


def _iterate(items: Items) -> AsyncIterator[Any]:
    return aiter(items) if isinstance(items, AsyncIterable) else _in_turns(items)


async def _in_turns(items: Iterable[Any]) -> AsyncGenerator[Any, None]:
    for item in items:
        yield item
        await asyncio.sleep(0)
