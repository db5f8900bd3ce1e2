// What a connection asks of the thing that carries its bytes. `Bun.Socket` fits as it is; tests use one
// made of arrays. The socket's owner passes events on by calling the connection's methods.

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
  /** Closes both halves. What was written still arrives, unless the peer goes on sending. */
  end(): void;
  /** Closes at once with a reset; what the peer has not read yet is lost. */
  terminate(): void;
  /** Stops reading, so that the peer feels it. A paused socket does not see the peer's end. */
  pause(): void;
  /** Reads again. */
  resume(): void;
}
