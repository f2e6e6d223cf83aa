//! A whole message, bytes to typed request. What is taken is well-formed to another parser too, and so is every answer
//! that repeats its header.

use psop_adapter::services::{Catalogue, OPERATIONS};
use psop_adapter::soap::envelope::{Received, Unreadable, read};
use psop_adapter::soap::reply;
use psop_adapter::xml::encoding::decode;

use super::{HEADER_TEXT_CHARS_MAX, LIMITS, assert_well_formed};

/// One message.
pub fn run(data: &[u8]) {
    match read(data, LIMITS, HEADER_TEXT_CHARS_MAX, &Catalogue(OPERATIONS)) {
        Ok(Received { header, echo, .. }) => {
            assert!(!header.id.trim().is_empty());
            assert!(!header.service.code.trim().is_empty());
            let answer = reply::envelope(&echo, "<a xmlns=\"urn:answer\"/>");
            assert_well_formed(&answer, "the answer");
            assert_taken_elsewhere(data);
        }
        Err(Unreadable { fault, header }) => {
            let echo = header.map(|header| header.1);
            let answer = reply::fault(echo.as_ref(), &fault);
            assert_well_formed(&answer, "the fault");
            if echo.is_some() {
                assert_taken_elsewhere(data);
            }
        }
    }
}

/// Whatever had a readable header was read to its end without a fault of form.
fn assert_taken_elsewhere(data: &[u8]) {
    let (text, _) = decode(data).expect("it was decoded before");
    assert_well_formed(&text, "the message that was taken");
}
