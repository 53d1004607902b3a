//! The relay with real sockets.
