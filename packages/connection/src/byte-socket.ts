// The contract between a socket and its user: what a connection asks of the thing that carries its bytes,
// and what it is told. `Bun.Socket` fits as it is; tests use one made of arrays. The owner of the socket
// passes its events on.

/**
 * A stream of bytes to the peer and back. Open it with `allowHalfOpen`, so that replies still leave
 * after the peer has ended its half.
 */
export interface ByteSocket {
  /**
   * Takes a prefix of `bytes` and returns its length; 0 and short counts mean "full, wait for drain",
   * -1 that the socket is closed. `bytes` is the caller's again on return.
   */
  write(bytes: Uint8Array): number;
  /** Ends our half; what was written still arrives, and reading goes on. */
  shutdown(): void;
  /** Closes in order, both halves. What was written still arrives, unless the peer goes on sending. */
  end(): void;
  /** Closes at once with a reset; what the peer has not read yet is lost. */
  terminate(): void;
  /** Stops reading, so that the peer feels it. A paused socket does not see the peer's end. */
  pause(): void;
  /** Reads again. */
  resume(): void;
}

/** The user of one socket: a `LiveConnection`, or what stands in front of one. None of these throws. */
export interface SocketUser {
  /** Called once, first: bytes can be written from now on. */
  opened(socket: ByteSocket): void;
  /** These bytes came; they are the user's from now on. */
  receive(chunk: Uint8Array): void;
  /** The socket takes bytes again. */
  drained(): void;
  /** The peer has ended its half; ours still carries what is written. */
  peerEnded(): void;
  /** Called once, last: the socket is gone, with the error that closed it if there was one. */
  socketClosed(error?: unknown): void;
}
