"""A Typewire peer for Python: client and server on asyncio, with the standard library only."""

from .connection import Connection as Connection, Endpoint as Endpoint
from .endpoints import Server as Server, connect as connect, serve as serve
from .errors import PeerError as PeerError, TypewireError as TypewireError
from .wire import Limits as Limits, Message as Message
