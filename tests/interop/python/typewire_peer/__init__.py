"""A Typewire peer for Python: client and server on asyncio, with the standard library only."""

from .connection import Connection, Endpoint
from .endpoints import Server, connect, serve
from .errors import PeerError, TypewireError
from .wire import Limits, Message

__all__ = ["Connection", "Endpoint", "Limits", "Message", "PeerError", "Server", "TypewireError", "connect", "serve"]
