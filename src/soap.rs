//! SOAP 1.1 with X-Road's message protocol 4: from bytes to a typed request, and back.

pub mod envelope;
pub mod fault;
pub mod header;
pub mod multipart;
pub mod reply;
