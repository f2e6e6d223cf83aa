//! One request of the public listener and its answer: body limits, time-outs, panics.
//!
//! Whatever happens, the caller gets an answer that its security server lets through.

use std::panic::{AssertUnwindSafe, catch_unwind};
use std::pin::pin;
use std::task::Poll;
use std::time::Duration;

use bytes::{Bytes, BytesMut};
use http_body_util::{BodyExt as _, Full};
use hyper::body::{Body as _, Incoming};
use hyper::header::{
    CONTENT_ENCODING, CONTENT_LENGTH, CONTENT_SECURITY_POLICY, CONTENT_TYPE, HeaderMap, HeaderName,
    HeaderValue, REFERRER_POLICY, X_CONTENT_TYPE_OPTIONS,
};
use hyper::{Request, Response, StatusCode};
use tokio::sync::{Semaphore, SemaphorePermit};

use super::connection::Answer;
use super::route::{Part, Route};
use super::timed_io::Activity;
use super::timer::within;
use super::{Endpoint, Refusal, SoapHead, SoapRequest, SoapResponse};
use crate::config::Limits;

const XML: &str = "text/xml; charset=utf-8";
/// Space reserved for a body before any of it has come: a header alone must not cost a caller's whole limit.
const BODY_BYTES_RESERVED_MAX: usize = 64 * 1024;

/// Answers one request.
pub(super) async fn answer<E: Endpoint>(
    endpoint: &E,
    (limits, bodies): (&Limits, &Semaphore),
    activity: &Activity,
    request: Request<Incoming>,
) -> Answer {
    match catch_panic(answer_route(endpoint, (limits, bodies), activity, request)).await {
        Some(answer) => answer,
        None => {
            tracing::error!("a request panicked: the caller got a fault, the server goes on");
            refuse(endpoint, Refusal::Internal)
        }
    }
}

/// The fault for a refusal.
pub(super) fn refuse<E: Endpoint>(endpoint: &E, refusal: Refusal) -> Answer {
    let SoapResponse { status, body } = endpoint.refuse(refusal);
    respond(status, XML, body)
}

/// An answer with its length and type.
pub(super) fn respond(status: u16, content_type: &'static str, body: Bytes) -> Answer {
    let length = body.len();
    let mut answer = Response::new(Full::new(body));
    *answer.status_mut() =
        StatusCode::from_u16(status).unwrap_or(StatusCode::INTERNAL_SERVER_ERROR);
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(content_type));
    // Explicit, because an answer to HEAD has this length and no body.
    answer
        .headers_mut()
        .insert(CONTENT_LENGTH, HeaderValue::from(length));
    answer
}

async fn answer_route<E: Endpoint>(
    endpoint: &E,
    (limits, bodies): (&Limits, &Semaphore),
    activity: &Activity,
    request: Request<Incoming>,
) -> Answer {
    match Route::of(request.method(), request.uri()) {
        Route::Soap => match answer_soap(endpoint, (limits, bodies), activity, request).await {
            Ok(SoapResponse { status, body }) => respond(status, XML, body),
            Err(refusal) => {
                match refusal {
                    Refusal::Busy => endpoint.edge().shed("bodies"),
                    Refusal::RequestTimeout => endpoint.edge().shed("request_timeout"),
                    _ => {}
                }
                refuse(endpoint, refusal)
            }
        },
        Route::Wsdl => respond(200, XML, endpoint.wsdl()),
        Route::Catalogue(part) => {
            let path = request.uri().path();
            match endpoint.catalogue(part, path).await {
                Some(body) => for_people(part, body),
                None => not_found(),
            }
        }
        Route::MethodRefused => refuse(endpoint, Refusal::Method),
        Route::PathRefused => refuse(endpoint, Refusal::Path),
        Route::NotFound => not_found(),
    }
}

fn not_found() -> Answer {
    let body = Bytes::from_static(b"not found\n");
    respond(404, "text/plain; charset=utf-8", body)
}

/// A part of the catalogue: nothing in it may come from elsewhere or be framed.
fn for_people(part: Part, body: Bytes) -> Answer {
    let content_type = match part {
        Part::Page(_) => "text/html; charset=utf-8",
        Part::Style => "text/css; charset=utf-8",
        Part::Script => "text/javascript; charset=utf-8",
        Part::Sample => XML,
    };
    let mut answer = respond(200, content_type, body);
    for (name, value) in [
        (
            CONTENT_SECURITY_POLICY,
            "default-src 'none'; style-src 'self'; script-src 'self'; connect-src 'self'; img-src data:; \
             base-uri 'none'; form-action 'none'; frame-ancestors 'none'",
        ),
        (X_CONTENT_TYPE_OPTIONS, "nosniff"),
        (REFERRER_POLICY, "no-referrer"),
    ] {
        answer
            .headers_mut()
            .insert(name, HeaderValue::from_static(value));
    }
    answer
}

async fn answer_soap<E: Endpoint>(
    endpoint: &E,
    (limits, bodies): (&Limits, &Semaphore),
    activity: &Activity,
    request: Request<Incoming>,
) -> Result<SoapResponse, Refusal> {
    let (head, body) = request.into_parts();
    let head = SoapHead {
        content_type: joined(&head.headers, CONTENT_TYPE),
        content_encoding: joined(&head.headers, CONTENT_ENCODING),
    };
    if let Some(response) = endpoint.refuse_head(&head) {
        return Ok(response);
    }
    let body_limits = BodyLimits {
        bytes_max: limits.body_bytes_max,
        chunks_max: limits.body_chunks_max,
    };
    let reading = read_body(body, body_limits, bodies);
    let longest = Duration::from_millis(limits.body_timeout_ms);
    let (body, held) = within(&activity.body_timer, longest, reading)
        .await
        .ok_or(Refusal::BodyTimeout)??;
    activity.body_is_read();
    let longest = Duration::from_millis(limits.request_timeout_ms);
    let answering = endpoint.soap(SoapRequest { head, body });
    let answer = within(&activity.request_timer, longest, answering)
        .await
        .ok_or(Refusal::RequestTimeout);
    drop(held);
    answer
}

/// How much a body may be, and in how many pieces.
#[derive(Clone, Copy)]
pub(super) struct BodyLimits {
    pub(super) bytes_max: usize,
    pub(super) chunks_max: usize,
}

/// The whole body, and its share of all bodies' bytes; one that is too large by its own Content-Length is refused
/// before any of it is read, so that a caller that waits for `100 Continue` never sends it.
pub(super) async fn read_body<'bodies>(
    mut body: Incoming,
    limits: BodyLimits,
    bodies: &'bodies Semaphore,
) -> Result<(Bytes, Option<SemaphorePermit<'bodies>>), Refusal> {
    let limit = limits.bytes_max;
    let announced = usize::try_from(body.size_hint().lower()).unwrap_or(usize::MAX);
    if announced > limit {
        return Err(Refusal::BodyTooLarge { limit });
    }
    let mut held: Option<SemaphorePermit<'_>> = None;
    let mut bytes = BytesMut::with_capacity(announced.min(BODY_BYTES_RESERVED_MAX));
    let mut chunks: usize = 0;
    while let Some(frame) = body.frame().await {
        let frame = frame.map_err(|_| Refusal::BodyBroken)?;
        // Anything but data is a trailer, and nothing here reads trailers.
        let Ok(data) = frame.into_data() else {
            continue;
        };
        if chunks == limits.chunks_max {
            return Err(Refusal::BodyChunksTooMany { limit: chunks });
        }
        chunks += 1;
        if data.len() > limit - bytes.len() {
            return Err(Refusal::BodyTooLarge { limit });
        }
        let more = u32::try_from(data.len())
            .ok()
            .and_then(|length| bodies.try_acquire_many(length).ok())
            .ok_or(Refusal::Busy)?;
        match &mut held {
            Some(held) => held.merge(more),
            None => held = Some(more),
        }
        bytes.extend_from_slice(&data);
    }
    Ok((bytes.freeze(), held))
}

fn joined(headers: &HeaderMap, name: HeaderName) -> Option<String> {
    let mut values = headers.get_all(name).into_iter();
    let mut all = String::from_utf8_lossy(values.next()?.as_bytes()).into_owned();
    for value in values {
        all.push_str(", ");
        all.push_str(&String::from_utf8_lossy(value.as_bytes()));
    }
    Some(all)
}

/// Runs a future; `None` when it panicked. It is not polled again after that, so nothing sees what it left half done
/// except through the endpoint's own locks.
async fn catch_panic<T>(future: impl Future<Output = T>) -> Option<T> {
    let mut future = pin!(future);
    std::future::poll_fn(move |context| {
        match catch_unwind(AssertUnwindSafe(|| future.as_mut().poll(context))) {
            Ok(Poll::Pending) => Poll::Pending,
            Ok(Poll::Ready(value)) => Poll::Ready(Some(value)),
            Err(_) => Poll::Ready(None),
        }
    })
    .await
}
