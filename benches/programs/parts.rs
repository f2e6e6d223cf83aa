//! Parts of a request, again and again, for a tool that counts instructions: `parts walk|read|reply TIMES`.
//! `walk` is quick-xml's own namespace reader over the message, `read` the whole way from bytes to a typed request, and
//! `reply` its message written again in an envelope with the header echoed.

#[path = "shared/message.rs"]
mod message;

use std::hint::black_box;

use psop_adapter::contract::decode::ContractType as _;
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerRequest;
use psop_adapter::soap::envelope::Received;
use psop_adapter::soap::reply;
use quick_xml::NsReader;
use quick_xml::events::Event;

use message::{MESSAGE, read};

// As the server has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

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
