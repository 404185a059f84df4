//! Side-by-side measurements against other servers: the programs `peers` and `labelgate-floor`.
