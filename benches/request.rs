//! What the parts of one request cost: `make bench`.
//! Compare the figures of one run with each other; machines differ.

#[path = "programs/shared/message.rs"]
mod message;

use divan::counter::BytesCount;
use divan::{Bencher, black_box};
use jiff::civil::date;
use psop_adapter::contract::decode::ContractType;
use psop_adapter::domain::authorisation::{self, Target, authorise};
use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::circumstances::Circumstances;
use psop_adapter::domain::client::ClientId;
use psop_adapter::domain::registry::{ClientGrant, Registry};
use psop_adapter::services::Operation as _;
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerOperation;
use psop_adapter::xml::encoding::Encoding;
use psop_adapter::xml::reader::{Reader, Token};

use message::{LIMITS, MESSAGE, read};

const REGISTRY: &str = include_str!("../fixtures/demo/registry.toml");

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
        let Ok(mut reader) = Reader::new(MESSAGE, Encoding::Utf8, LIMITS.of_xml()) else {
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
        .bench(|| read().is_ok());
}

/// The rules that a message is judged by before anything is looked up.
#[divan::bench]
fn judge_message(bencher: Bencher) {
    let request = read().map(|received| received.body);
    let circumstances = Circumstances {
        today: date(2026, 3, 16),
        artificial_person_ids: true,
    };
    bencher.bench(|| {
        let request = black_box(&request).as_ref();
        request.map(|request| PostPurchasingPowerOperation::examine(request, circumstances))
    });
}

/// Whether a provider's software may look up, by the client grants of the demo.
#[divan::bench]
fn authorise_provider(bencher: Bencher) {
    let registry = REGISTRY
        .parse::<toml::Table>()
        .map(|mut registry| {
            registry.remove("include");
            registry.try_into::<Registry>()
        })
        .ok()
        .and_then(Result::ok)
        .unwrap_or_default();
    let client = ClientId::parse("FI-TEST/COM/9000003-8/dental");
    let provider = BusinessId::parse("9000003-8").ok();
    let (Some(client), Some(provider)) = (client, provider) else {
        return;
    };
    let grants: Vec<ClientGrant> = registry.client_grants;
    let request = authorisation::Request {
        client: &client,
        service: "getOstovoima",
        user_id: Some("benchmark"),
        represented_party: None,
        target: Target::Provider(provider.as_str()),
    };
    assert!(authorise(&request, &grants, date(2026, 3, 16)).is_ok());
    bencher.bench(|| authorise(black_box(&request), &grants, date(2026, 3, 16)));
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
