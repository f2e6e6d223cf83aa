//! The whole edge without a store: a request is read as a server reads it (limits, envelope, header, decoded message),
//! and its message is written back in an envelope with the header echoed. Serves postPurchasingPower's messages.

use std::net::SocketAddr;
use std::sync::Arc;

use bytes::Bytes;
use psop_adapter::admin_access::Token;
use psop_adapter::config::Limits;
use psop_adapter::contract::decode::{ContractType as _, DecodeError, Decoder};
use psop_adapter::contract::wsdl::{V1, Version};
use psop_adapter::http::admin::Guard;
use psop_adapter::http::problem::Problem;
use psop_adapter::http::route::Part;
use psop_adapter::http::server::{Listeners, serve};
use psop_adapter::http::tls::certificate::Certificate;
use psop_adapter::http::{
    Answered, Asked, Console, Endpoint, NotLetIn, Refusal, SoapHead, SoapRequest, SoapResponse,
};
use psop_adapter::services::post_purchasing_power::PostPurchasingPowerRequest;
use psop_adapter::soap::envelope::{self, Bodies};
use psop_adapter::soap::fault::Fault;
use psop_adapter::soap::reply;
use psop_adapter::telemetry::metrics::{Edge, Metrics, StoreMetrics};
use psop_adapter::xml::reader::{self, Start};
use tokio::net::TcpListener;

/// The one service.
const CODE: &str = "postPurchasingPower";

struct Messages;

impl Bodies for Messages {
    type Body = PostPurchasingPowerRequest;

    fn decode<'a>(
        &self,
        code: &str,
        _: Version,
        decoder: &mut Decoder<'_, 'a>,
        start: &Start<'a>,
    ) -> Option<Result<PostPurchasingPowerRequest, DecodeError>> {
        (code == CODE).then(|| decoder.wrapper(start))
    }

    fn versions(&self, code: &str) -> impl Iterator<Item = Version> {
        (code == CODE).then_some(V1).into_iter()
    }
}

/// The endpoint, with the limits that a server has by default.
pub struct Echo {
    limits: reader::Limits,
    header_text_chars_max: usize,
    metrics: Metrics,
}

fn failed(fault: &Fault) -> SoapResponse {
    SoapResponse {
        status: 500,
        body: Bytes::from(reply::fault(None, fault)),
    }
}

impl Endpoint for Echo {
    fn refuse_head(&self, _: &SoapHead) -> Option<SoapResponse> {
        None
    }

    async fn soap(&self, request: SoapRequest) -> SoapResponse {
        let read = envelope::read(
            &request.body,
            self.limits,
            self.header_text_chars_max,
            &Messages,
        );
        match read {
            Ok(received) => {
                let mut body = String::with_capacity(request.body.len());
                body.push_str("<psop:postPurchasingPower xmlns:psop=\"http://psop.x-road.global/producer/v1\">");
                received.body.encode(&mut body);
                body.push_str("</psop:postPurchasingPower>");
                SoapResponse {
                    status: 200,
                    body: Bytes::from(reply::envelope(&received.echo, &body)),
                }
            }
            Err(unreadable) => failed(&unreadable.fault),
        }
    }

    fn refuse(&self, _: Refusal) -> SoapResponse {
        failed(&Fault::busy())
    }

    fn wsdl(&self) -> Bytes {
        Bytes::new()
    }

    async fn catalogue(&self, _: Part, _: &str) -> Option<Bytes> {
        None
    }

    fn edge(&self) -> &Edge {
        &self.metrics.edge
    }

    fn ready(&self) -> Result<(), Vec<String>> {
        Ok(())
    }
}

/// Nobody operates it.
impl Console for Echo {
    type Caller = ();

    fn version(&self) -> Bytes {
        Bytes::new()
    }

    fn metrics(&self, _: usize, _: &[Certificate]) -> Bytes {
        Bytes::new()
    }

    fn document(&self) -> Bytes {
        Bytes::new()
    }

    fn owner(&self, _: &str) {}

    async fn caller(&self, _: &[u8]) -> Result<(), NotLetIn> {
        Err(NotLetIn::Token)
    }

    fn knows(&self, _: &str) -> bool {
        false
    }

    async fn answer(self: Arc<Self>, _: Asked<()>) -> Result<Answered, Problem> {
        Ok(Answered::Whole(Bytes::new()))
    }
}

/// Serves on a loopback port until `stop` is done; `ready` is told its address.
pub async fn run(
    ready: impl FnOnce(SocketAddr),
    stop: impl Future<Output = ()>,
) -> std::io::Result<()> {
    let limits = Limits::default();
    let echo = Echo {
        limits: limits.of_xml(),
        header_text_chars_max: limits.header_text_chars_max,
        metrics: Metrics::new(&StoreMetrics::default()),
    };
    let http = TcpListener::bind("127.0.0.1:0").await?;
    let admin = TcpListener::bind("127.0.0.1:0").await?;
    let token = Token::random().map_err(std::io::Error::other)?;
    let guard = Guard::new(admin.local_addr()?, &[], token);
    ready(http.local_addr()?);
    let listeners = Listeners {
        http,
        tls: None,
        admin,
        admin_tls: None,
        guard,
    };
    serve(listeners, Arc::new(limits), Arc::new(echo), stop).await;
    Ok(())
}
