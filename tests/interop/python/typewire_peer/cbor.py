"""The CBOR that travels between Typewire peers (RFC 8949): the profile of docs/wire.md, and nothing beyond it.

`dumps` writes the shortest form that loses nothing; `loads` refuses tags, indefinite lengths, a key that stands
twice and undefined. It takes no memory for what is only declared.
"""

import math
import struct
from collections.abc import Mapping
from typing import Any, Final

from .errors import TypewireError

_SIMPLE: Final = {20: False, 21: True, 22: None}
_FLOATS: Final = {25: ">e", 26: ">f", 27: ">d"}


def dumps(value: object) -> bytes:
    """Encodes None, bool, int, float, str, bytes, lists, tuples and mappings; TypeError for anything else."""
    out = bytearray()
    _write(out, value)
    return bytes(out)


def loads(data: bytes, *, max_nesting: int = 32, max_items: int = 65_536) -> Any:
    """Decodes exactly one item. Raises TypewireError: cbor-malformed, cbor-unsupported or cbor-limit."""
    reader = _Reader(data, max_nesting, max_items)
    value = reader.item(0)
    if reader.at != len(data):
        raise TypewireError("cbor-malformed", f"{len(data) - reader.at} bytes follow the item")
    return value


def _write(out: bytearray, value: object) -> None:
    match value:
        case None:
            out.append(0xF6)
        case bool():
            out.append(0xF5 if value else 0xF4)
        case int():
            _head(out, 0 if value >= 0 else 1, value if value >= 0 else -1 - value)
        case float():
            out += _float(value)
        case bytes() | bytearray():
            _head(out, 2, len(value))
            out += value
        case str():
            _head(out, 3, len(text := value.encode()))
            out += text
        case list() | tuple():
            _head(out, 4, len(value))
            for entry in value:
                _write(out, entry)
        case Mapping():
            _head(out, 5, len(value))
            for key, entry in value.items():
                _write(out, key)
                _write(out, entry)
        case _:
            raise TypeError(f"expected what CBOR has without tags, got {type(value).__name__}")


def _head(out: bytearray, major: int, argument: int) -> None:
    for info, size in ((argument, 0), (24, 1), (25, 2), (26, 4), (27, 8)):
        if argument < (1 << 8 * size if size else 24):
            out.append(major << 5 | info)
            out += argument.to_bytes(size) if size else b""
            return
    raise OverflowError("expected an integer of at most 64 bits")


def _float(value: float) -> bytes:
    for info, form in _FLOATS.items():
        try:
            packed = struct.pack(form, value)
        except OverflowError:  # too large for this width
            continue
        if struct.unpack(form, packed)[0] == value or math.isnan(value):
            return bytes([0xE0 | info]) + packed
    raise AssertionError("a double holds every float")


class _Reader:
    """One pass over a payload, which it does not change."""

    def __init__(self, data: bytes, max_nesting: int, max_items: int) -> None:
        self._data, self._max_nesting, self._items_left = data, max_nesting, max_items
        self.at = 0

    def item(self, level: int) -> Any:
        self._items_left -= 1
        if self._items_left < 0:
            raise TypewireError("cbor-limit", "there are too many items")
        initial = self._take(1)[0]
        major, info = initial >> 5, initial & 31
        if major == 7:
            return self._simple(info)
        if major == 6 or (info == 31 and major > 1):
            raise TypewireError("cbor-unsupported", "neither tags nor indefinite lengths travel")
        if info > 27:
            raise TypewireError("cbor-malformed", "the additional information is reserved")
        argument = info if info < 24 else int.from_bytes(self._take(1 << info - 24))
        if major < 2:
            return argument if major == 0 else -1 - argument
        if major == 2:
            return self._take(argument)
        if major == 3:
            try:
                return self._take(argument).decode()
            except UnicodeDecodeError as error:
                raise TypewireError("cbor-malformed", f"text is not UTF-8: {error.reason}") from None
        if level == self._max_nesting:
            raise TypewireError("cbor-limit", "there are too many levels")
        if argument * (major - 3) > len(self._data) - self.at:
            raise TypewireError("cbor-malformed", "more entries are declared than bytes are left")
        if major == 4:
            return [self.item(level + 1) for _ in range(argument)]
        return self._map(argument, level + 1)

    def _map(self, length: int, level: int) -> dict[int | str, Any]:
        entries: dict[int | str, Any] = {}
        for _ in range(length):
            key = self.item(level)
            if isinstance(key, bool) or not isinstance(key, int | str) or key == "__proto__":
                raise TypewireError("cbor-unsupported", "expected text or an integer as a key")
            if key in entries:
                raise TypewireError("cbor-malformed", "a key stands twice in one map")
            entries[key] = self.item(level)
        return entries

    def _simple(self, info: int) -> Any:
        if info in _SIMPLE:
            return _SIMPLE[info]
        if info in _FLOATS:
            return struct.unpack(_FLOATS[info], self._take(1 << info - 24))[0]
        if info > 27 or (info == 24 and self._take(1)[0] < 32):
            raise TypewireError("cbor-malformed", "a simple value is not written as it has to be")
        raise TypewireError("cbor-unsupported", "expected false, true or null")

    def _take(self, count: int) -> bytes:
        start, self.at = self.at, self.at + count
        if self.at > len(self._data):
            raise TypewireError("cbor-malformed", "the payload ends inside an item")
        return self._data[start : self.at]
