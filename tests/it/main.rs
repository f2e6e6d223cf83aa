//! Black-box tests: the real program, started as a process, over real sockets.
//!
//! - `first_call`: the demo's scenarios, request and response files
//! (each module's own first lines say what it covers)

mod first_call;
mod support;
