"""AS2 (RFC 4130): the protocol as pure functions, bytes in and bytes out; sockets and clocks are elsewhere."""
