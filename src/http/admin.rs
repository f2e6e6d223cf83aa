//! The admin listener: health, version and metrics for whoever asks, operator commands for who shows the token.
//!
//! Every request is judged in this order: the name it calls us by (421), an open path, the token (401), the rest.

mod commands;
mod guard;

use std::sync::Arc;

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, HeaderName, HeaderValue, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

pub use self::guard::Guard;

use self::commands::{Commands, Lines};
use super::connection::{self, Rules};
use super::exchange::respond;
use super::server::log_panic;
use super::timed_io::Activity;
use super::tls::certificate::{Certificate, now_s};
use super::tls::{Acceptor, Handshake};
use super::{Console, Endpoint, accept};
use crate::admin_access::PROOF_HEADER;
use crate::telemetry::metrics::text::older;

const JSON: &str = "application/json";
const TEXT: &str = "text/plain; charset=utf-8";
const OPEN_METRICS: &str = "application/openmetrics-text; version=1.0.0; charset=utf-8";
const PROMETHEUS: &str = "text/plain; version=0.0.4; charset=utf-8";

/// An answer: whole, or a command's lines as they come.
type AdminAnswer = Response<Either<Full<Bytes>, Lines>>;

/// The listener with what it guards itself by.
pub(super) struct Admin<E> {
    pub(super) listener: TcpListener,
    pub(super) tls: Option<Acceptor>,
    pub(super) guard: Guard,
    pub(super) rules: Rules,
    pub(super) endpoint: Arc<E>,
    /// Those of the public listener: what is not available is open connections.
    pub(super) public_permits: Arc<Semaphore>,
    /// The public listener's, for what there is to tell of its certificates.
    pub(super) public_tls: Option<Acceptor>,
}

impl<E: Endpoint + Console> Admin<E> {
    /// Serves until `finish` has come and no connection is left: it outlives the drain, to tell of it, and lets
    /// commands under way end. Dropping the future cuts all off.
    pub(super) async fn serve(self, mut finish: oneshot::Receiver<()>) {
        let permits = Arc::new(Semaphore::new(self.rules.limits.admin_connections_max));
        let service = Arc::new(Service {
            commands: Commands {
                console: Arc::clone(&self.endpoint),
                limits: Arc::clone(&self.rules.limits),
                permits: Arc::new(Semaphore::new(self.rules.limits.admin_commands_max)),
            },
            tls: self.tls,
            guard: self.guard,
            rules: Rules {
                keep_alive: false,
                ..self.rules
            },
            endpoint: self.endpoint,
            public_permits: self.public_permits,
            public_tls: self.public_tls,
        });
        let mut connections = JoinSet::new();
        let mut finishing = false;
        while !finishing || !connections.is_empty() {
            let next = async {
                // The semaphore is never closed.
                let permit = Arc::clone(&permits).acquire_owned().await.ok();
                (accept::next(&self.listener).await, permit)
            };
            tokio::select! {
                (stream, permit) = next => {
                    connections.spawn(Arc::clone(&service).serve(stream, permit));
                }
                Some(ended) = connections.join_next() => log_panic(ended),
                _ = &mut finish, if !finishing => finishing = true,
            }
        }
    }
}

/// What every connection of the admin listener needs.
struct Service<E> {
    tls: Option<Acceptor>,
    guard: Guard,
    rules: Rules,
    commands: Commands<E>,
    endpoint: Arc<E>,
    public_permits: Arc<Semaphore>,
    public_tls: Option<Acceptor>,
}

impl<E: Endpoint + Console> Service<E> {
    async fn serve(self: Arc<Self>, stream: TcpStream, permit: Option<OwnedSemaphorePermit>) {
        let timeout_ms = self.rules.limits.tls_handshake_timeout_ms;
        match Handshake::of(self.tls.as_ref(), stream, timeout_ms, |_, _, _| {}).await {
            Handshake::Plain(stream) => self.speak(stream).await,
            Handshake::Tls(stream) => self.speak(stream).await,
            Handshake::Failed => {}
        }
        drop(permit);
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S) {
        let answer =
            |request, activity: Arc<_>| async move { self.answer(request, &activity).await };
        connection::serve(stream, self.rules.clone(), answer).await;
    }

    async fn answer(&self, request: Request<Incoming>, activity: &Activity) -> AdminAnswer {
        if !self.guard.knows_host(&request) {
            return text(
                421,
                "this server is not called by that name: see admin.hosts\n",
            );
        }
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        if let Some(answer) = reads.then(|| self.open_path(&request)).flatten() {
            return answer;
        }
        if !self.guard.admits(&request) {
            let mut answer = text(
                401,
                "the token is needed: Authorization: Bearer TOKEN, from the admin file beside the store\n",
            );
            answer
                .headers_mut()
                .insert(WWW_AUTHENTICATE, HeaderValue::from_static("Bearer"));
            return answer;
        }
        if request.uri().path().starts_with(commands::PATH) {
            let is_stopping = *self.rules.stopping.borrow();
            return self.commands.answer(request, is_stopping, activity).await;
        }
        text(404, "not found\n")
    }

    /// The answer of a path that needs no token.
    fn open_path(&self, request: &Request<Incoming>) -> Option<AdminAnswer> {
        let json = |status, body: serde_json::Value| whole(status, JSON, body.to_string().into());
        Some(match request.uri().path() {
            "/health/live" => json(200, json!({"status": "live"})),
            "/health/ready" => match self.ready() {
                Ok(()) => json(200, ready(&self.warnings())),
                Err(reasons) => json(503, json!({"status": "not ready", "reasons": reasons})),
            },
            "/version" => {
                let mut answer = whole(200, JSON, self.endpoint.version());
                let proof = self.guard.proof(request);
                if let Some(Ok(proof)) = proof.map(HeaderValue::try_from) {
                    let name = HeaderName::from_static(PROOF_HEADER);
                    answer.headers_mut().insert(name, proof);
                }
                answer
            }
            "/metrics" => {
                let most = self.rules.limits.connections_max;
                let open = most.saturating_sub(self.public_permits.available_permits());
                let metrics = self.endpoint.metrics(open, &self.certificates());
                if asks_for_open_metrics(request) {
                    return Some(whole(200, OPEN_METRICS, metrics));
                }
                let older = older(&String::from_utf8_lossy(&metrics));
                whole(200, PROMETHEUS, Bytes::from(older))
            }
            _ => return None,
        })
    }

    /// Those of both listeners.
    fn certificates(&self) -> Vec<Certificate> {
        let acceptors = self.public_tls.iter().chain(&self.tls);
        acceptors.flat_map(Acceptor::certificates).collect()
    }

    /// What will have to be done, though nothing is wrong yet.
    fn warnings(&self) -> Vec<String> {
        let now_s = now_s();
        let certificates = self.certificates();
        let warnings = certificates.iter().map(|one| one.warning(now_s));
        warnings.flatten().collect()
    }

    fn ready(&self) -> Result<(), Vec<String>> {
        if *self.rules.stopping.borrow() {
            return Err(vec!["draining".to_owned()]);
        }
        self.endpoint.ready()
    }
}

fn asks_for_open_metrics(request: &Request<Incoming>) -> bool {
    let accepted = request.headers().get_all(ACCEPT).iter();
    let mut accepted = accepted.filter_map(|accept| accept.to_str().ok());
    accepted.any(|accept| accept.contains("application/openmetrics-text"))
}

fn ready(warnings: &[String]) -> serde_json::Value {
    match warnings {
        [] => json!({"status": "ready"}),
        warnings => json!({"status": "ready", "warnings": warnings}),
    }
}

fn whole(status: u16, content_type: &'static str, body: Bytes) -> AdminAnswer {
    respond(status, content_type, body).map(Either::Left)
}

fn text(status: u16, text: &str) -> AdminAnswer {
    whole(status, TEXT, Bytes::copy_from_slice(text.as_bytes()))
}
