//! Black-box tests: the real program, started as a process, over real sockets.
//! Each module's first lines say what it covers.

// The lints' exception for tests covers test functions, not what they share.
#![allow(clippy::unwrap_used, clippy::expect_used, clippy::panic)]

mod documentation;
mod first_call;
mod scenarios;
mod support;
