//! A connection's bytes with their time-outs, which hyper does not have or mixes up.
//!
//! hyper's one head time-out would be the idle time-out too, and nothing limits the time a caller takes to read its
//! answer. So this wrapper sees which [`Phase`] a connection is in and ends its reads and writes in time. The time of
//! a body and of a request is not its business: `exchange` has those.

use std::io;
use std::pin::Pin;
use std::sync::{Arc, Mutex, MutexGuard, PoisonError};
use std::task::{Context, Poll};
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite, ReadBuf};
use tokio::time::{Instant, Sleep};

use super::timer::Timer;

use crate::config::Limits;

/// After a refusal, what the caller still sends is read and thrown away for so long, so that it meets our answer and
/// not a reset connection.
const LINGER_TIMEOUT_MS: u64 = 5_000;
/// And at most so many bytes of it.
const LINGER_BYTES_MAX: usize = 16 * 1024 * 1024;
/// A connection that was used so recently is not closed as idle: a request may be on its way, and security servers
/// do not send it again.
const RECENT_MS: u64 = 1_000;

/// What a connection is doing.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Phase {
    /// Open, and nothing came yet: the head time-out runs.
    Fresh,
    /// Between two requests: the idle time-out runs.
    Idle,
    /// A request head has begun: the head time-out runs.
    Head,
    /// A request is being served: no time-out of this wrapper runs on reads.
    Busy,
    /// The answer is decided and being written; the next read that waits makes the connection idle.
    Answered,
}

/// What the wrapper and the service of one connection tell each other, and the timers of its requests.
#[derive(Debug)]
pub(super) struct Activity {
    state: Mutex<State>,
    /// For the body of a request after the other.
    pub(super) body_timer: Mutex<Timer>,
    /// For the work on a request after the other.
    pub(super) request_timer: Mutex<Timer>,
}

#[derive(Debug)]
struct State {
    phase: Phase,
    since: Instant,
    body_unread: bool,
}

impl Activity {
    /// A connection that has just opened.
    pub(super) fn new() -> Arc<Self> {
        let state = State {
            phase: Phase::Fresh,
            since: Instant::now(),
            body_unread: false,
        };
        Arc::new(Self {
            state: Mutex::new(state),
            body_timer: Mutex::default(),
            request_timer: Mutex::default(),
        })
    }

    /// A whole head has come; its request is being served from here on.
    pub(super) fn request_begins(&self, has_body: bool) {
        let mut state = self.state();
        state.phase = Phase::Busy;
        state.body_unread = has_body;
    }

    /// The request's body has been read to its end.
    pub(super) fn body_is_read(&self) {
        self.state().body_unread = false;
    }

    /// Whether bytes of the request's body may still be on their way.
    pub(super) fn body_unread(&self) -> bool {
        self.state().body_unread
    }

    /// The answer is ready to be written.
    pub(super) fn request_ends(&self) {
        self.state().phase = Phase::Answered;
    }

    /// How long the connection should still be left open, at shutdown, for a request that may be on its way.
    pub(super) fn grace(&self) -> Duration {
        let state = self.state();
        let recent = Duration::from_millis(RECENT_MS);
        match state.phase {
            Phase::Busy => Duration::ZERO,
            Phase::Head | Phase::Answered => recent,
            Phase::Fresh | Phase::Idle => recent.saturating_sub(state.since.elapsed()),
        }
    }

    fn bytes_came(&self) {
        let mut state = self.state();
        if matches!(state.phase, Phase::Fresh | Phase::Idle | Phase::Answered) {
            state.phase = Phase::Head;
            state.since = Instant::now();
        }
    }

    /// A read has to wait: the phase from here on and since when it lasts.
    fn read_waits(&self) -> (Phase, Instant) {
        let mut state = self.state();
        if state.phase == Phase::Answered {
            state.phase = Phase::Idle;
            state.since = Instant::now();
        }
        (state.phase, state.since)
    }

    /// Whether the caller may still be sending when we close.
    fn lingers(&self) -> bool {
        let state = self.state();
        state.body_unread || state.phase == Phase::Head
    }

    fn state(&self) -> MutexGuard<'_, State> {
        self.state.lock().unwrap_or_else(PoisonError::into_inner)
    }
}

/// A stream whose reads and writes end in time.
pub(super) struct TimedIo<S> {
    io: S,
    activity: Arc<Activity>,
    head_timeout: Duration,
    idle_timeout: Duration,
    read_timer: Timer,
    /// Runs from the first write that waits until everything is written.
    write_timer: Option<Pin<Box<Sleep>>>,
    linger: Option<Linger>,
}

/// The end of a connection: our side is closed, the caller's is read and thrown away.
struct Linger {
    bytes_left: usize,
    timer: Pin<Box<Sleep>>,
}

impl<S> TimedIo<S> {
    /// Wraps a stream whose requests are reported to `activity`.
    pub(super) fn new(io: S, limits: &Limits, activity: Arc<Activity>) -> Self {
        Self {
            io,
            activity,
            head_timeout: Duration::from_millis(limits.head_timeout_ms),
            idle_timeout: Duration::from_millis(limits.idle_timeout_ms),
            read_timer: Timer::default(),
            write_timer: None,
            linger: None,
        }
    }

    fn poll_read_timeout(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        let (phase, since) = self.activity.read_waits();
        let timeout = match phase {
            Phase::Busy | Phase::Answered => return Poll::Pending,
            Phase::Idle => self.idle_timeout,
            Phase::Fresh | Phase::Head => self.head_timeout,
        };
        match self.read_timer.poll_until(since + timeout, cx) {
            Poll::Pending => Poll::Pending,
            Poll::Ready(()) if phase == Phase::Head => {
                Poll::Ready(Err(timed_out("the request head")))
            }
            // Told as the end of the stream: an idle connection is closed without an error.
            Poll::Ready(()) => Poll::Ready(Ok(())),
        }
    }

    fn poll_write_timeout<T>(&mut self, cx: &mut Context<'_>) -> Poll<io::Result<T>> {
        let timeout = self.idle_timeout;
        let timer = self
            .write_timer
            .get_or_insert_with(|| Box::pin(tokio::time::sleep(timeout)));
        timer
            .as_mut()
            .poll(cx)
            .map(|()| Err(timed_out("taking the answer")))
    }
}

fn timed_out(what: &str) -> io::Error {
    io::Error::new(
        io::ErrorKind::TimedOut,
        format!("{what} took the caller too long"),
    )
}

impl<S: AsyncRead + Unpin> TimedIo<S> {
    /// Reads and throws away until the caller closes its side, or a limit is met.
    fn poll_linger(&mut self, cx: &mut Context<'_>) -> Poll<()> {
        let linger = self.linger.get_or_insert_with(|| Linger {
            bytes_left: LINGER_BYTES_MAX,
            timer: Box::pin(tokio::time::sleep(Duration::from_millis(LINGER_TIMEOUT_MS))),
        });
        let mut scratch = [0; 8 * 1024];
        while linger.bytes_left > 0 {
            let mut buffer = ReadBuf::new(&mut scratch);
            match Pin::new(&mut self.io).poll_read(cx, &mut buffer) {
                Poll::Ready(Ok(())) if !buffer.filled().is_empty() => {
                    linger.bytes_left = linger.bytes_left.saturating_sub(buffer.filled().len());
                }
                Poll::Ready(_) => return Poll::Ready(()),
                Poll::Pending => return linger.timer.as_mut().poll(cx),
            }
        }
        Poll::Ready(())
    }
}

impl<S: AsyncRead + Unpin> AsyncRead for TimedIo<S> {
    fn poll_read(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        buffer: &mut ReadBuf<'_>,
    ) -> Poll<io::Result<()>> {
        let before = buffer.filled().len();
        match Pin::new(&mut self.io).poll_read(cx, buffer) {
            Poll::Ready(result) => {
                if buffer.filled().len() > before {
                    self.activity.bytes_came();
                }
                Poll::Ready(result)
            }
            Poll::Pending => self.poll_read_timeout(cx),
        }
    }
}

impl<S: AsyncRead + AsyncWrite + Unpin> AsyncWrite for TimedIo<S> {
    fn poll_write(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        bytes: &[u8],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write(cx, bytes) {
            Poll::Pending => self.poll_write_timeout(cx),
            ready => ready,
        }
    }

    fn poll_write_vectored(
        mut self: Pin<&mut Self>,
        cx: &mut Context<'_>,
        slices: &[io::IoSlice<'_>],
    ) -> Poll<io::Result<usize>> {
        match Pin::new(&mut self.io).poll_write_vectored(cx, slices) {
            Poll::Pending => self.poll_write_timeout(cx),
            ready => ready,
        }
    }

    fn is_write_vectored(&self) -> bool {
        self.io.is_write_vectored()
    }

    /// hyper flushes when everything is written.
    fn poll_flush(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        match Pin::new(&mut self.io).poll_flush(cx) {
            Poll::Pending => self.poll_write_timeout(cx),
            ready => {
                self.write_timer = None;
                ready
            }
        }
    }

    fn poll_shutdown(mut self: Pin<&mut Self>, cx: &mut Context<'_>) -> Poll<io::Result<()>> {
        if self.linger.is_none() {
            match Pin::new(&mut self.io).poll_shutdown(cx) {
                Poll::Pending => return self.poll_write_timeout(cx),
                Poll::Ready(Ok(())) if self.activity.lingers() => {}
                ready => return ready,
            }
        }
        self.poll_linger(cx).map(Ok)
    }
}
