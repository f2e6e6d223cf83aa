//! The message that the parts of a request are measured by, and the whole way from its bytes to its types.

use std::hint::black_box;

use psop_adapter::contract::decode::{DecodeError, Decoder};
use psop_adapter::contract::wsdl::{V1, Version};
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerRequest;
use psop_adapter::soap::envelope::{self, Bodies, Received};
use psop_adapter::xml::reader::{Limits, Start};

pub const MESSAGE: &str = include_str!("../../../fixtures/requests/01-create-ordinary.xml");
pub const LIMITS: Limits = Limits {
    depth_max: 32,
    elements_max: 20_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 65_536,
};
const HEADER_TEXT_CHARS_MAX: usize = 1_024;

/// The one service whose message it is.
struct One;

impl Bodies for One {
    type Body = PostPurchasingPowerRequest;

    fn decode<'a>(
        &self,
        _: &str,
        _: Version,
        decoder: &mut Decoder<'_, 'a>,
        start: &Start<'a>,
    ) -> Option<Result<PostPurchasingPowerRequest, DecodeError>> {
        Some(decoder.wrapper(start))
    }

    fn versions(&self, _: &str) -> impl Iterator<Item = Version> {
        [V1].into_iter()
    }
}

/// Envelope, header into types and bytes, body into its message.
pub fn read() -> Result<Received<PostPurchasingPowerRequest>, String> {
    envelope::read(
        black_box(MESSAGE).as_bytes(),
        LIMITS,
        HEADER_TEXT_CHARS_MAX,
        &One,
    )
    .map_err(|unreadable| unreadable.fault.text.into_owned())
}
