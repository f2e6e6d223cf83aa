//! Parts of a request, again and again, for a tool that counts instructions: `parts walk|read|reply TIMES`.
//! `walk` is quick-xml's own namespace reader over the message, `read` the whole way from bytes to a typed request, and
//! `reply` its message written again in an envelope with the header echoed.

use std::hint::black_box;

use psop_adapter::contract::decode::{ContractType as _, DecodeError, Decoder};
use psop_adapter::contract::wsdl::{V1, Version};
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerRequest;
use psop_adapter::soap::envelope::{self, Bodies, Received};
use psop_adapter::soap::reply;
use psop_adapter::xml::reader::{Limits, Start};
use quick_xml::NsReader;
use quick_xml::events::Event;

// As the server has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

const MESSAGE: &str = include_str!("../../fixtures/requests/01-create-ordinary.xml");
const LIMITS: Limits = Limits {
    depth_max: 32,
    elements_max: 20_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 65_536,
};
const HEADER_TEXT_CHARS_MAX: usize = 1_024;

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

fn walk() -> Result<usize, String> {
    let mut reader = NsReader::from_str(black_box(MESSAGE));
    let mut elements = 0;
    loop {
        match reader.read_resolved_event() {
            Ok((_, Event::Eof)) => return Ok(elements),
            Ok((_, Event::Start(_))) => elements += 1,
            Ok(_) => {}
            Err(error) => return Err(error.to_string()),
        }
    }
}

fn read() -> Result<Received<PostPurchasingPowerRequest>, String> {
    envelope::read(
        black_box(MESSAGE).as_bytes(),
        LIMITS,
        HEADER_TEXT_CHARS_MAX,
        &One,
    )
    .map_err(|unreadable| unreadable.fault.text.into_owned())
}

fn reply(received: &Received<PostPurchasingPowerRequest>) -> String {
    let mut body = String::with_capacity(MESSAGE.len());
    received.body.encode(&mut body);
    reply::envelope(&received.echo, &body)
}

fn main() -> Result<(), String> {
    let arguments: Vec<String> = std::env::args().skip(1).collect();
    let [part, times] = arguments.as_slice() else {
        return Err("parts walk|read|reply TIMES".to_owned());
    };
    let times: usize = times.parse().map_err(|_| "TIMES is a number".to_owned())?;
    let received = read()?;
    for _ in 0..times {
        match part.as_str() {
            "walk" => drop(black_box(walk()?)),
            "read" => drop(black_box(read()?)),
            "reply" => drop(black_box(reply(black_box(&received)))),
            _ => return Err(format!("there is no part {part}")),
        }
    }
    Ok(())
}
