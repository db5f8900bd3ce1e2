"""What can go wrong, each with a code: those of docs/wire.md, and the local `connection-closed`."""

_FATAL = """header-invalid frame-empty frame-too-large frame-truncated frame-timeout cbor-malformed cbor-unsupported
    cbor-limit too-many-errors protocol-mismatch hello-timeout hello-required auth-required auth-failed auth-expired
    slow-consumer heartbeat-lost write-timeout too-many-connections shutting-down internal""".split()


class TypewireError(Exception):
    """`code` says what it is. This end found it."""

    def __init__(self, code: str, message: str) -> None:
        super().__init__(f"{code}: {message}")
        self.code, self.fatal = code, code in _FATAL


class PeerError(TypewireError):
    """The peer found it, and said so in `$error`."""

    path: str | None = None
    """The part of our message that it is about."""
    of: str | None = None
    """The `type` of that message."""
    frame: int | None = None
    """Which of our frames it was, counted from 1, control messages included."""
