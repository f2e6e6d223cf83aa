//! `POST /api/v1/NAME`: an operation of the Admin API, its arguments read under a limit, its answer whole or line by line.
//!
//! It knows no operation. The body of an answer in lines drives the work itself: a reader that takes no lines holds it
//! up, and one that goes away ends it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use hyper::Request;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{ALLOW, CONTENT_TYPE, HeaderValue};
use hyper::{Method, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::accept::{self, NDJSON};
use super::{AdminAnswer, JSON, refuse, whole};
use crate::config::Limits;
use crate::http::exchange::{self, BodyLimits};
use crate::http::problem::{Problem, Reason};
use crate::http::timed_io::Activity;
use crate::http::{Answered, Asked, Console, Refusal, Work};

/// Where operations are called.
pub(super) const PATH: &str = "/api/v1/";

/// What every operation needs.
pub(super) struct Api<E> {
    pub(super) console: Arc<E>,
    pub(super) limits: Arc<Limits>,
    pub(super) permits: Arc<Semaphore>,
}

impl<E: Console> Api<E> {
    /// Answers a request of somebody who is known.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        caller: E::Caller,
        is_stopping: bool,
        activity: &Activity,
    ) -> AdminAnswer {
        match self.answered(request, caller, is_stopping, activity).await {
            Ok(answer) => answer,
            Err(problem) => {
                let mut answer = refuse(&problem);
                if problem.reason == Reason::Method {
                    let allowed = HeaderValue::from_static("POST");
                    answer.headers_mut().insert(ALLOW, allowed);
                }
                answer
            }
        }
    }

    async fn answered(
        &self,
        request: Request<Incoming>,
        caller: E::Caller,
        is_stopping: bool,
        activity: &Activity,
    ) -> Result<AdminAnswer, Problem> {
        let (head, body) = request.into_parts();
        let name = head.uri.path().strip_prefix(PATH).unwrap_or_default();
        if !self.console.knows(name) {
            let detail = "GET /api/v1/openapi.json says which operations there are";
            return Err(Problem::new(Reason::NotFound, detail));
        }
        if head.method != Method::POST {
            let detail = "an operation is called by POST";
            return Err(Problem::new(Reason::Method, detail));
        }
        if !accept::is_json(&head.headers) {
            let detail = "send the arguments with Content-Type: application/json";
            return Err(Problem::new(Reason::ContentType, detail));
        }
        let form = accept::form(&head.headers).ok_or_else(|| {
            let detail = "answers are application/json or application/x-ndjson";
            Problem::new(Reason::Accept, detail)
        })?;
        if is_stopping {
            let detail = "the server is stopping: it takes no more operations";
            return Err(Problem::new(Reason::Stopping, detail));
        }
        let permit = Arc::clone(&self.permits).try_acquire_owned().map_err(|_| {
            let detail =
                "too many operations run at once (limits.admin_commands_max): wait for one to end";
            Problem::new(Reason::Busy, detail)
        })?;
        let arguments = self.read(body).await?;
        activity.body_is_read();
        let asked = Asked {
            name: name.to_owned(),
            arguments,
            caller,
            form,
        };
        Ok(match Arc::clone(&self.console).answer(asked).await? {
            Answered::Whole(body) => whole(200, JSON, body),
            Answered::Lines { lines, work } => streamed(Lines {
                work: Some(work),
                lines,
                _permit: permit,
            }),
        })
    }

    async fn read(&self, body: Incoming) -> Result<Bytes, Problem> {
        let limit = self.limits.admin_body_bytes_max;
        let held = Semaphore::new(limit.min(Semaphore::MAX_PERMITS));
        // Who has a token may send small pieces.
        let limits = BodyLimits {
            bytes_max: limit,
            chunks_max: limit,
        };
        let reading = exchange::read_body(body, limits, &held);
        let read = timeout(Duration::from_millis(self.limits.body_timeout_ms), reading).await;
        let (reason, detail) = match read {
            Ok(Ok((arguments, _))) => return Ok(arguments),
            Ok(Err(Refusal::BodyTooLarge { limit })) => (
                Reason::BodyTooLarge,
                format!(
                    "the arguments are larger than {limit} bytes (limits.admin_body_bytes_max)"
                ),
            ),
            Ok(Err(_)) => (
                Reason::BodyBroken,
                "the arguments broke off before their end".to_owned(),
            ),
            Err(_) => (
                Reason::BodyTimeout,
                "the arguments did not arrive in time (limits.body_timeout_ms)".to_owned(),
            ),
        };
        Err(Problem::new(reason, detail))
    }
}

fn streamed(lines: Lines) -> AdminAnswer {
    let mut answer = Response::new(Either::Right(lines));
    answer
        .headers_mut()
        .insert(CONTENT_TYPE, HeaderValue::from_static(NDJSON));
    answer
}

/// The lines of running work, and the work itself.
pub(super) struct Lines {
    work: Option<Work>,
    lines: mpsc::Receiver<Bytes>,
    _permit: OwnedSemaphorePermit,
}

impl Body for Lines {
    type Data = Bytes;
    type Error = Infallible;

    fn poll_frame(
        mut self: Pin<&mut Self>,
        context: &mut Context<'_>,
    ) -> Poll<Option<Result<Frame<Bytes>, Infallible>>> {
        loop {
            match self.lines.poll_recv(context) {
                Poll::Ready(line) => return Poll::Ready(line.map(|line| Ok(Frame::data(line)))),
                Poll::Pending => {}
            }
            // A line that the work sends wakes this task again.
            let Some(work) = &mut self.work else {
                return Poll::Pending;
            };
            if work.as_mut().poll(context).is_pending() {
                return Poll::Pending;
            }
            self.work = None;
        }
    }
}
