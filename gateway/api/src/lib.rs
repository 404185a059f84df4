//! Requests and answers of the admin socket.

#![forbid(unsafe_code)]
