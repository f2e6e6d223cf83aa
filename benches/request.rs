//! What the parts of one request cost: `make bench`.
//! Compare the figures of one run with each other; machines differ.

use divan::Bencher;
use divan::counter::BytesCount;
use psop_adapter::contract::decode::ContractType;
use psop_adapter::services::{Catalogue, OPERATIONS};
use psop_adapter::soap::envelope::read;
use psop_adapter::xml::encoding::Encoding;
use psop_adapter::xml::reader::{Limits, Reader, Token};

const MESSAGE: &str = include_str!("../fixtures/requests/01-create-ordinary.xml");
const LIMITS: Limits = Limits {
    depth_max: 32,
    elements_max: 20_000,
    attributes_max: 64,
    namespaces_max: 64,
    text_chars_max: 65_536,
};

fn main() {
    divan::main();
}

/// The floor: quick-xml's own namespace reader over the same bytes.
#[divan::bench]
fn walk_with_quick_xml(bencher: Bencher) {
    bencher.counter(BytesCount::of_str(MESSAGE)).bench(|| {
        let mut reader = quick_xml::NsReader::from_str(MESSAGE);
        let mut elements = 0;
        loop {
            match reader.read_resolved_event() {
                Ok((_, quick_xml::events::Event::Eof)) | Err(_) => return elements,
                Ok((_, quick_xml::events::Event::Start(_))) => elements += 1,
                Ok(_) => {}
            }
        }
    });
}

/// Our strict reader, without reading anything into types.
#[divan::bench]
fn walk_strictly(bencher: Bencher) {
    bencher.counter(BytesCount::of_str(MESSAGE)).bench(|| {
        let mut elements = 0;
        let Ok(mut reader) = Reader::new(MESSAGE, Encoding::Utf8, LIMITS) else {
            return 0;
        };
        while let Ok(token) = reader.next_token() {
            match token {
                Token::Start(_) => elements += 1,
                Token::Eof => break,
                _ => {}
            }
        }
        elements
    });
}

/// The whole edge: envelope, header into types and bytes, body into its message.
#[divan::bench]
fn read_request(bencher: Bencher) {
    bencher
        .counter(BytesCount::of_str(MESSAGE))
        .bench(|| read(MESSAGE.as_bytes(), LIMITS, 1_024, &Catalogue(OPERATIONS)).is_ok());
}

/// Writing a message, as for an answer or a digest.
#[divan::bench]
fn write_message(bencher: Bencher) {
    let receipt = psop_adapter::contract::types::Result {
        status: psop_adapter::contract::types::Status::Ok,
        replayed: false,
        errors: Vec::new(),
        warnings: Vec::new(),
    };
    bencher.bench(|| {
        let mut out = String::with_capacity(512);
        receipt.encode(&mut out);
        out
    });
}
