//! The message that the parts of a request are measured by, and the whole way from its bytes to its types.

use std::hint::black_box;
use std::sync::LazyLock;

use psop_adapter::config::Limits;
use psop_adapter::contract::decode::{DecodeError, Decoder};
use psop_adapter::contract::wsdl::{V1, Version};
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerRequest;
use psop_adapter::soap::envelope::{self, Bodies, Received};
use psop_adapter::xml::reader::Start;

pub const MESSAGE: &str = include_str!("../../../fixtures/requests/01-create-ordinary.xml");
/// The limits that a server has by default.
pub static LIMITS: LazyLock<Limits> = LazyLock::new(Limits::default);

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
        LIMITS.of_xml(),
        LIMITS.header_text_chars_max,
        &One,
    )
    .map_err(|unreadable| unreadable.fault.text.into_owned())
}
