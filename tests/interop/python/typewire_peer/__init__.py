"""A Typewire peer for Python: client and server on asyncio, with the standard library only."""

from .connection import Connection as Connection
from .connection import Endpoint as Endpoint
from .endpoints import Server as Server
from .endpoints import connect as connect
from .endpoints import serve as serve
from .errors import PeerError as PeerError
from .errors import TypewireError as TypewireError
from .wire import Limits as Limits
from .wire import Message as Message
