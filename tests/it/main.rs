//! Black-box tests: the real program, started as a process, over real sockets.
//! Each module's first lines say what it covers.

mod documentation;
mod first_call;
mod support;
