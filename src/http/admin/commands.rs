//! `POST /commands/NAME`: an operator's command, its arguments read under a limit, its lines streamed.
//!
//! It knows no command. The body of the answer drives the command itself: a reader that takes no lines holds the
//! command up, and one that goes away ends it.

use std::convert::Infallible;
use std::pin::Pin;
use std::sync::Arc;
use std::task::{Context, Poll};
use std::time::Duration;

use bytes::Bytes;
use http_body_util::Either;
use hyper::Request;
use hyper::body::{Body, Frame, Incoming};
use hyper::header::{CONTENT_TYPE, HeaderMap, HeaderValue};
use hyper::{Method, Response};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, mpsc};
use tokio::time::timeout;

use super::{AdminAnswer, text};
use crate::admin_access::{USER_BYTES_MAX, USER_HEADER};
use crate::config::Limits;
use crate::http::exchange::{self, BodyLimits};
use crate::http::timed_io::Activity;
use crate::http::{CommandRefused, Console, Refusal, Work};

/// Where commands are called.
pub(super) const PATH: &str = "/commands/";
/// Lines that may wait to be written.
const LINES_WAITING_MAX: usize = 64;

/// What every command needs.
pub(super) struct Commands<E> {
    pub(super) console: Arc<E>,
    pub(super) limits: Arc<Limits>,
    pub(super) permits: Arc<Semaphore>,
}

impl<E: Console> Commands<E> {
    /// Answers a request that has shown the token.
    pub(super) async fn answer(
        &self,
        request: Request<Incoming>,
        is_stopping: bool,
        activity: &Activity,
    ) -> AdminAnswer {
        if request.method() != Method::POST {
            return text(405, "a command is called by POST\n");
        }
        if is_stopping {
            return text(503, "the server is stopping: it takes no more commands\n");
        }
        let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() else {
            return text(
                503,
                "too many commands run at once (limits.admin_commands_max): wait for one to end\n",
            );
        };
        let (head, body) = request.into_parts();
        let name = head.uri.path().strip_prefix(PATH).unwrap_or_default();
        let limit = self.limits.admin_body_bytes_max;
        let held = Semaphore::new(limit.min(Semaphore::MAX_PERMITS));
        // Who has the token may send small pieces.
        let limits = BodyLimits {
            bytes_max: limit,
            chunks_max: limit,
        };
        let reading = exchange::read_body(body, limits, &held);
        let read = timeout(Duration::from_millis(self.limits.body_timeout_ms), reading).await;
        let arguments = match read {
            Ok(Ok((arguments, _))) => arguments,
            Ok(Err(Refusal::BodyTooLarge { limit })) => {
                return text(
                    413,
                    &format!(
                        "the arguments are larger than {limit} bytes (limits.admin_body_bytes_max)\n"
                    ),
                );
            }
            Ok(Err(_)) => return text(400, "the arguments broke off before their end\n"),
            Err(_) => {
                return text(
                    408,
                    "the arguments did not arrive in time (limits.body_timeout_ms)\n",
                );
            }
        };
        activity.body_is_read();
        let (sender, lines) = mpsc::channel(LINES_WAITING_MAX);
        let user = user(&head.headers);
        match Arc::clone(&self.console).command(name, &user, arguments, sender) {
            Ok(work) => streamed(Lines {
                work: Some(work),
                lines,
                _permit: permit,
            }),
            Err(CommandRefused::Unknown) => text(404, "there is no such command\n"),
            Err(CommandRefused::Arguments(reason)) => text(
                400,
                &format!("these are no arguments of that command: {reason}\n"),
            ),
        }
    }
}

/// The owner's name, as the owner says it.
fn user(headers: &HeaderMap) -> String {
    let said = headers.get(USER_HEADER).map(HeaderValue::as_bytes);
    let said = said.and_then(|said| std::str::from_utf8(said).ok());
    let is_name = |said: &&str| {
        let length = said.len();
        (1..=USER_BYTES_MAX).contains(&length) && !said.contains(char::is_control)
    };
    said.filter(is_name).unwrap_or("unknown").to_owned()
}

fn streamed(lines: Lines) -> AdminAnswer {
    let mut answer = Response::new(Either::Right(lines));
    answer.headers_mut().insert(
        CONTENT_TYPE,
        HeaderValue::from_static("application/x-ndjson"),
    );
    answer
}

/// The lines of a running command, and the command itself.
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
