//! The program in this process, over a site's store: SOAP messages in, SOAP messages out, and the store's own count of
//! the records it read.

use std::sync::Arc;

use bytes::Bytes;
use psop_adapter::app::{App, open_store, services};
use psop_adapter::config::{Config, Overrides};
use psop_adapter::contract::lexical::{Day, Lexical, PositiveInteger};
use psop_adapter::contract::types::{PostMeta, Purpose, Quantity};
use psop_adapter::domain::admin_token::Organisers;
use psop_adapter::domain::authorisation::ActingFor;
use psop_adapter::domain::business_id::BusinessId;
use psop_adapter::domain::event::Action;
use psop_adapter::http::{Endpoint, SoapHead, SoapRequest};
use psop_adapter::services::post_service_event::{
    PostServiceEventOperation, PostServiceEventRequest, ServiceEventLine,
};
use psop_adapter::services::{Services, answer_as, operator_header};
use psop_adapter::store::Store;
use tokio::runtime::Runtime;

use crate::support::message::Message;
use crate::support::server::Site;

/// Who gives home help and care.
pub const CARER: &str = "9000007-0";

pub struct Inside {
    runtime: Runtime,
    app: App,
    services: Services,
    pub store: Arc<dyn Store>,
}

pub fn config(site: &Site) -> Config {
    Config::load(&site.config(), std::iter::empty(), &Overrides::default()).unwrap()
}

impl Inside {
    pub fn open(site: &Site) -> Inside {
        let config = config(site);
        let (store, keyring) = open_store(&config).unwrap();
        Inside {
            runtime: Runtime::new().unwrap(),
            app: App::new(&config, store.clone(), keyring.clone()),
            services: services(&config, store.clone(), keyring),
            store,
        }
    }

    pub fn wait<T>(&self, future: impl Future<Output = T>) -> T {
        self.runtime.block_on(future)
    }

    /// Sends a message, whose answer must be OK, and gives that.
    pub fn post(&self, message: &Message) -> String {
        let request = SoapRequest {
            head: SoapHead {
                content_type: Some("text/xml; charset=utf-8".to_owned()),
                content_encoding: None,
            },
            body: Bytes::from(message.0.clone()),
        };
        let response = self.wait(self.app.soap(request));
        let body = String::from_utf8(response.body.to_vec()).unwrap();
        let is_ok = response.status == 200 && body.contains("<psop:status>OK</psop:status>");
        assert!(is_ok, "{body}");
        body
    }

    /// Records an event of one unit on an ordinary purchasing power or a balance, as the import of a file does; its id.
    pub fn service_event(&self, event: &CareEvent<'_>) -> String {
        let header =
            operator_header::<PostServiceEventOperation>(event.message_id.to_owned(), None);
        let acting_for = ActingFor::Provider(BusinessId::parse(CARER).unwrap());
        let request = event.request();
        let answer = self
            .wait(answer_as::<PostServiceEventOperation>(
                &self.services,
                &header,
                &acting_for,
                &Organisers::All,
                &request,
            ))
            .unwrap();
        assert_eq!(answer.result, "OK", "{:?}", answer.errors);
        answer.about.unwrap().event.unwrap().to_string()
    }

    /// Records that the store read for this.
    pub fn records_read(&self, work: impl FnOnce(&Inside)) -> u64 {
        let before = self.store.records_read();
        work(self);
        self.store.records_read() - before
    }

    pub fn close(self) {
        self.runtime.block_on(self.store.close()).unwrap();
    }
}

/// An event that the carer records.
pub struct CareEvent<'a> {
    pub message_id: &'a str,
    pub reference: &'a str,
    pub number: &'a str,
    pub person: &'a str,
}

impl CareEvent<'_> {
    fn request(&self) -> PostServiceEventRequest {
        fn wire<T: Lexical>(text: &str) -> T {
            T::from_text(text).unwrap()
        }
        PostServiceEventRequest {
            meta: PostMeta {
                source_system: wire("TUONTI"),
                source_reference: wire(self.reference),
                purpose: Purpose::PalvelunTuottaminen,
                acting_person_id: None,
            },
            action: Action::Create,
            event_id: None,
            expected_version: None,
            purchasing_power_number: wire(self.number),
            person_id: wire(self.person),
            provider_business_id: wire(CARER),
            provider_unit_code: None,
            service_date: wire::<Day>("2026-03-12"),
            lines: vec![ServiceEventLine {
                line_no: PositiveInteger(1),
                quantity: wire::<Quantity>("1"),
                unit_price: wire("32.00"),
            }],
            no_show: None,
            totals: None,
            comment: None,
        }
    }
}
