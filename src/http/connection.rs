//! One connection: HTTP/1.1 by hyper under the limits, until it ends or the drain ends it.
//!
//! It answers nothing itself: `exchange` and `admin` do.

use std::convert::Infallible;
use std::future::poll_fn;
use std::pin::pin;
use std::sync::Arc;
use std::task::{Poll, Waker};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Full;
use hyper::body::{Body, Incoming};
use hyper::header::{CONNECTION, HeaderValue};
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::sync::watch;

use super::timed_io::{Activity, TimedIo};
use crate::config::Limits;

/// hyper reads in pieces of up to so many bytes, and refuses to buffer fewer.
const BUFFER_BYTES: usize = 64 * 1024;

/// An answer with its whole body.
pub(super) type Answer = Response<Full<Bytes>>;

/// What one connection may do and when it ends.
#[derive(Clone)]
pub(super) struct Rules {
    /// The limits on heads and on time.
    pub(super) limits: Arc<Limits>,
    /// Whether it serves more than one request.
    pub(super) keep_alive: bool,
    /// Turns true when the drain begins.
    pub(super) stopping: watch::Receiver<bool>,
}

/// Serves one connection until it ends, asking `answer` for each request's answer.
pub(super) async fn serve<S, A, F, B>(stream: S, mut rules: Rules, answer: A)
where
    S: AsyncRead + AsyncWrite + Unpin,
    A: Fn(Request<Incoming>, Arc<Activity>) -> F,
    F: Future<Output = Response<B>>,
    B: Body<Data = Bytes> + 'static,
    B::Error: Into<Box<dyn std::error::Error + Send + Sync>>,
{
    let activity = Activity::new();
    let drain = Drain::of(&rules.stopping);
    let service = service_fn(|request: Request<Incoming>| {
        activity.request_begins(!request.body().is_end_stream());
        let activity = Arc::clone(&activity);
        let drain = &drain;
        let answer = answer(request, Arc::clone(&activity));
        async move {
            let mut answer = answer.await;
            // What is left of an unread body cannot be told from a next request.
            if activity.body_unread() || drain.began() {
                answer
                    .headers_mut()
                    .insert(CONNECTION, HeaderValue::from_static("close"));
            }
            activity.request_ends();
            Ok::<_, Infallible>(answer)
        }
    });
    let io = TokioIo::new(TimedIo::new(stream, &rules.limits, Arc::clone(&activity)));
    let mut connection = pin!(protocol(&rules).serve_connection(io, service));
    let mut drain_begins = pin!(rules.stopping.wait_for(|stopping| *stopping));
    let mut asked_for: Option<Waker> = None;
    let ended = poll_fn(|cx| {
        if let Poll::Ready(ended) = connection.as_mut().poll(cx) {
            return Poll::Ready(Some(ended));
        }
        // Waiting for the drain takes locks that all connections share: once for a waker, not with each of its polls.
        let is_asked = asked_for
            .as_ref()
            .is_some_and(|waker| waker.will_wake(cx.waker()));
        if is_asked && !drain.began() {
            return Poll::Pending;
        }
        asked_for = Some(cx.waker().clone());
        drain_begins.as_mut().poll(cx).map(|_| None)
    })
    .await;
    let ended = match ended {
        Some(ended) => ended,
        None => {
            // hyper closes an idle connection at once, even when a head has begun.
            let grace = activity.grace();
            match tokio::time::timeout(grace, connection.as_mut()).await {
                Ok(ended) => ended,
                Err(_) => {
                    connection.as_mut().graceful_shutdown();
                    connection.await
                }
            }
        }
    };
    if let Err(error) = ended {
        tracing::debug!(error = %Causes(&error), "a connection ended with an error");
    }
}

/// Whether the drain has begun, asked without a lock.
struct Drain {
    /// What was so at first.
    had_begun: bool,
    /// Has seen no change since.
    stopping: watch::Receiver<bool>,
}

impl Drain {
    fn of(stopping: &watch::Receiver<bool>) -> Drain {
        let mut stopping = stopping.clone();
        let had_begun = *stopping.borrow_and_update();
        Drain {
            had_begun,
            stopping,
        }
    }

    /// It begins once; and there is none without the server.
    fn began(&self) -> bool {
        self.had_begun || self.stopping.has_changed().unwrap_or(true)
    }
}

fn protocol(rules: &Rules) -> http1::Builder {
    let limits = &rules.limits;
    let mut builder = http1::Builder::new();
    builder
        .keep_alive(rules.keep_alive)
        // A caller may close its sending side once its request is out.
        .half_close(true)
        .max_headers(limits.header_count_max)
        .max_header_size(limits.head_bytes_max)
        .max_buf_size(BUFFER_BYTES.max(limits.head_bytes_max))
        // `TimedIo` has the time-outs.
        .header_read_timeout(None::<Duration>);
    builder
}

/// An error with its causes on one line: hyper's own text leaves them out.
struct Causes<'error>(&'error dyn std::error::Error);

impl std::fmt::Display for Causes<'_> {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        write!(formatter, "{}", self.0)?;
        let mut cause = self.0.source();
        while let Some(error) = cause {
            write!(formatter, ": {error}")?;
            cause = error.source();
        }
        Ok(())
    }
}
