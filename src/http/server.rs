//! The server: accepts on both listeners, holds the connection limit, and drains at shutdown.
//!
//! It reads no request. Invariant: every task of a connection belongs to this future, so dropping it ends them all.

use std::pin::pin;
use std::sync::Arc;
use std::time::Duration;

use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot, watch};
use tokio::task::{JoinError, JoinSet};
use tokio::time::{Instant, timeout, timeout_at};

use super::admin::{Admin, Guard};
use super::connection::{self, Rules};
use super::throttle::Throttle;
use super::tls::{Acceptor, Handshake};
use super::{Console, Endpoint, Refusal, accept, exchange};
use crate::config::Limits;

/// Past the connection limit, so many callers at a time are told that we are busy; others are just closed.
const BUSY_CONNECTIONS_MAX: usize = 1_024;
/// And such a caller has so long to send its request and take its answer, its TLS handshake included.
const BUSY_TIMEOUT_MS: u64 = 2_000;
/// At shutdown, so many connections that the system has taken for us already are still served.
const BACKLOG_MAX: usize = 1_024;

/// The two listeners, bound.
pub struct Listeners {
    /// What security servers call.
    pub http: TcpListener,
    /// Its TLS, where it speaks TLS.
    pub tls: Option<Acceptor>,
    /// Health checks and operators.
    pub admin: TcpListener,
    /// Its TLS, where it speaks TLS.
    pub admin_tls: Option<Acceptor>,
    /// Whom it lets in.
    pub guard: Guard,
}

/// What became of the connections that were open at shutdown.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub struct DrainReport {
    /// Ended by themselves.
    pub drained: usize,
    /// Cut off at the drain time-out.
    pub aborted: usize,
}

/// Serves both listeners until `shutdown` is ready, then drains.
///
/// At shutdown it stops accepting; requests in flight are answered and their connections closed; an idle connection
/// is closed once it has been idle for a second. After `drain_timeout_ms` what is left is cut off. The admin listener
/// lives until the end, tells that it is draining, takes no new command and lets those under way end in the same time.
pub async fn serve<E: Endpoint + Console>(
    listeners: Listeners,
    limits: Arc<Limits>,
    endpoint: Arc<E>,
    shutdown: impl Future<Output = ()>,
) -> DrainReport {
    let (stop, stopping) = watch::channel(false);
    let rules = Rules {
        limits,
        keep_alive: true,
        stopping,
    };
    let drain_timeout = Duration::from_millis(rules.limits.drain_timeout_ms);
    let mut public = Public::new(listeners.tls.clone(), rules.clone(), Arc::clone(&endpoint));
    let admin = Admin {
        listener: listeners.admin,
        tls: listeners.admin_tls,
        guard: listeners.guard,
        rules,
        endpoint,
        public_permits: Arc::clone(&public.permits),
        public_tls: listeners.tls,
    };
    let (finish, finishing) = oneshot::channel();
    let mut admin_task = JoinSet::new();
    admin_task.spawn(admin.serve(finishing));
    public.accept_until(listeners.http, shutdown, &stop).await;
    let deadline = Instant::now() + drain_timeout;
    let report = public.drain(deadline).await;
    // Its receiver is gone only when the admin listener has ended.
    let _ = finish.send(());
    if timeout_at(deadline, admin_task.join_next()).await.is_err() {
        tracing::warn!("connections of the admin listener are cut off (limits.drain_timeout_ms)");
    }
    tracing::info!(
        drained = report.drained,
        aborted = report.aborted,
        "connections are drained"
    );
    report
}

/// The public listener's side.
struct Public<E> {
    service: Service<E>,
    permits: Arc<Semaphore>,
    busy_permits: Arc<Semaphore>,
    connections: JoinSet<()>,
    refusals: Throttle,
}

impl<E: Endpoint> Public<E> {
    fn new(tls: Option<Acceptor>, rules: Rules, endpoint: Arc<E>) -> Self {
        Self {
            permits: Arc::new(Semaphore::new(rules.limits.connections_max)),
            busy_permits: Arc::new(Semaphore::new(BUSY_CONNECTIONS_MAX)),
            service: Service {
                tls,
                bodies: Arc::new(Semaphore::new(rules.limits.bodies_bytes_max)),
                rules,
                endpoint,
            },
            connections: JoinSet::new(),
            refusals: Throttle::default(),
        }
    }

    async fn accept_until(
        &mut self,
        listener: TcpListener,
        shutdown: impl Future<Output = ()>,
        stop: &watch::Sender<bool>,
    ) {
        let mut shutdown = pin!(shutdown);
        loop {
            tokio::select! {
                () = &mut shutdown => break,
                stream = accept::next(&listener) => self.take(stream),
                Some(ended) = self.connections.join_next() => log_panic(ended),
            }
        }
        while let Some(ended) = self.connections.try_join_next() {
            log_panic(ended);
        }
        stop.send_replace(true);
        // Closing the listener would reset those that the system has accepted already.
        for _ in 0..BACKLOG_MAX {
            match timeout(Duration::ZERO, accept::next(&listener)).await {
                Ok(stream) => self.take(stream),
                Err(_) => break,
            }
        }
    }

    fn take(&mut self, stream: TcpStream) {
        let service = self.service.clone();
        let edge = self.service.endpoint.edge();
        edge.connections.inc();
        if let Ok(permit) = Arc::clone(&self.permits).try_acquire_owned() {
            self.connections.spawn(service.serve(stream, permit));
            return;
        }
        if let Ok(permit) = Arc::clone(&self.busy_permits).try_acquire_owned() {
            self.connections.spawn(service.refuse_busy(stream, permit));
        }
        edge.shed("connections");
        if let Some(unsaid) = self.refusals.due() {
            tracing::warn!(
                refused = unsaid + 1,
                open_max = self.service.rules.limits.connections_max,
                "connections are refused: raise limits.connections_max if this lasts"
            );
        }
    }

    async fn drain(mut self, deadline: Instant) -> DrainReport {
        let mut drained = 0;
        while let Ok(Some(ended)) = timeout_at(deadline, self.connections.join_next()).await {
            log_panic(ended);
            drained += 1;
        }
        let aborted = self.connections.len();
        self.connections.shutdown().await;
        DrainReport { drained, aborted }
    }
}

/// Tells of a connection's task that ended by a panic.
pub(super) fn log_panic(ended: Result<(), JoinError>) {
    if let Err(error) = ended {
        tracing::error!(%error, "a connection's task failed: this is a defect of this program");
    }
}

/// What every connection of the public listener needs.
struct Service<E> {
    tls: Option<Acceptor>,
    rules: Rules,
    /// As many permits as bytes of bodies may be held at once.
    bodies: Arc<Semaphore>,
    endpoint: Arc<E>,
}

impl<E> Clone for Service<E> {
    fn clone(&self) -> Self {
        Self {
            tls: self.tls.clone(),
            rules: self.rules.clone(),
            bodies: Arc::clone(&self.bodies),
            endpoint: Arc::clone(&self.endpoint),
        }
    }
}

impl<E: Endpoint> Service<E> {
    async fn serve(self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        match self.handshake(stream).await {
            Handshake::Plain(stream) => self.speak(stream).await,
            Handshake::Tls(stream) => self.speak(stream).await,
            Handshake::Failed => {}
        }
        drop(permit);
    }

    async fn refuse_busy(mut self, stream: TcpStream, permit: OwnedSemaphorePermit) {
        self.rules.keep_alive = false;
        let refusing = async {
            match self.handshake(stream).await {
                Handshake::Plain(stream) => self.speak_busy(stream).await,
                Handshake::Tls(stream) => self.speak_busy(stream).await,
                Handshake::Failed => {}
            }
        };
        if timeout(Duration::from_millis(BUSY_TIMEOUT_MS), refusing)
            .await
            .is_err()
        {
            tracing::debug!("a refused caller took too long");
        }
        drop(permit);
    }

    async fn handshake(&self, stream: TcpStream) -> Handshake {
        let timeout_ms = self.rules.limits.tls_handshake_timeout_ms;
        let edge = self.endpoint.edge();
        let count = |result, caller, is_resumed| edge.handshake(result, caller, is_resumed);
        Handshake::of(self.tls.as_ref(), stream, timeout_ms, count).await
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let answer = |request, activity: Arc<_>| async move {
            let limits = (&*self.rules.limits, &*self.bodies);
            exchange::answer(&*self.endpoint, limits, &activity, request).await
        };
        connection::serve(stream, self.rules.clone(), answer).await;
    }

    async fn speak_busy<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let answer = |_, _| async { exchange::refuse(&*self.endpoint, Refusal::Busy) };
        connection::serve(stream, self.rules.clone(), answer).await;
    }
}
