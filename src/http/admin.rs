//! The admin listener: health, version, metrics and the document of the Admin API for whoever asks, its operations for
//! who shows a token.
//!
//! Every request is judged in this order: the name it calls us by (421), an open path, the token (401, 429), the rest.

mod accept;
mod api;
mod guard;

use std::net::{IpAddr, Ipv4Addr};
use std::sync::Arc;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::{Either, Full};
use hyper::body::Incoming;
use hyper::header::{ACCEPT, ALLOW, HeaderName, HeaderValue, RETRY_AFTER, WWW_AUTHENTICATE};
use hyper::{Method, Request, Response};
use serde_json::json;
use tokio::io::{AsyncRead, AsyncWrite};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{OwnedSemaphorePermit, Semaphore, oneshot};
use tokio::task::JoinSet;

pub use self::guard::Guard;

use self::api::{Api, Lines};
use super::connection::{self, Rules};
use super::exchange::respond;
use super::problem::{PROBLEM_JSON, Problem, Reason};
use super::server::log_panic;
use super::timed_io::Activity;
use super::tls::certificate::{Certificate, now_s};
use super::tls::{Acceptor, Handshake};
use super::{Console, Endpoint, NotLetIn, accept as accepting};
use crate::admin_access::PROOF_HEADER;
use crate::rates::Rates;
use crate::telemetry::metrics::text::older;

/// Where the document of the Admin API is.
const DOCUMENT_PATH: &str = "/api/v1/openapi.json";
/// What needs no token, and is only read.
const OPEN_PATHS: [&str; 5] = [
    "/health/live",
    "/health/ready",
    "/version",
    "/metrics",
    DOCUMENT_PATH,
];
/// The time in which failed tokens are counted.
const A_MINUTE: Duration = Duration::from_secs(60);

const JSON: &str = "application/json";
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
            failures: Rates::new(self.rules.limits.admin_token_failures_max, A_MINUTE),
            api: Api {
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
                (accepting::next(&self.listener).await, permit)
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
    api: Api<E>,
    /// Tokens that let nobody in, by the address that showed them.
    failures: Rates<IpAddr>,
    endpoint: Arc<E>,
    public_permits: Arc<Semaphore>,
    public_tls: Option<Acceptor>,
}

impl<E: Endpoint + Console> Service<E> {
    async fn serve(self: Arc<Self>, stream: TcpStream, permit: Option<OwnedSemaphorePermit>) {
        let timeout_ms = self.rules.limits.tls_handshake_timeout_ms;
        let from = stream
            .peer_addr()
            .map_or(IpAddr::V4(Ipv4Addr::UNSPECIFIED), |peer| peer.ip());
        match Handshake::of(self.tls.as_ref(), stream, timeout_ms, |_, _, _| {}).await {
            Handshake::Plain(stream) => self.speak(stream, from).await,
            Handshake::Tls(stream) => self.speak(stream, from).await,
            Handshake::Failed => {}
        }
        drop(permit);
    }

    async fn speak<S: AsyncRead + AsyncWrite + Unpin>(&self, stream: S, from: IpAddr) {
        let answer =
            |request, activity: Arc<_>| async move { self.answer(request, from, &activity).await };
        connection::serve(stream, self.rules.clone(), answer).await;
    }

    async fn answer(
        &self,
        request: Request<Incoming>,
        from: IpAddr,
        activity: &Activity,
    ) -> AdminAnswer {
        if !self.guard.knows_host(&request) {
            let detail = "call it by a name of admin.hosts, or by its address";
            return refuse(&Problem::new(Reason::Host, detail));
        }
        let reads = request.method() == Method::GET || request.method() == Method::HEAD;
        if let Some(answer) = reads.then(|| self.open_path(&request)).flatten() {
            return answer;
        }
        let caller = match self.caller(&request, from).await {
            Ok(caller) => caller,
            Err(problem) => return not_let_in(&problem),
        };
        let path = request.uri().path();
        if path.starts_with(api::PATH) && path != DOCUMENT_PATH {
            let is_stopping = *self.rules.stopping.borrow();
            return self
                .api
                .answer(request, caller, is_stopping, activity)
                .await;
        }
        if OPEN_PATHS.contains(&path) {
            let detail = "this address is read by GET";
            let mut answer = refuse(&Problem::new(Reason::Method, detail));
            let allowed = HeaderValue::from_static("GET, HEAD");
            answer.headers_mut().insert(ALLOW, allowed);
            return answer;
        }
        let detail = "GET /api/v1/openapi.json says what there is";
        refuse(&Problem::new(Reason::NotFound, detail))
    }

    /// Who sends a request. Only the owner is let in whatever failed before.
    async fn caller(
        &self,
        request: &Request<Incoming>,
        from: IpAddr,
    ) -> Result<E::Caller, Problem> {
        let needed = || {
            let detail = "show a token that holds: Authorization: Bearer TOKEN";
            Problem::new(Reason::Token, detail)
        };
        let token = guard::shown(request).ok_or_else(needed)?;
        if self.guard.is_owners(token) {
            return Ok(self.endpoint.owner(guard::user(request)));
        }
        if !self.failures.has(&from, Instant::now()) {
            let detail = "too many tokens from this address let nobody in (limits.admin_token_failures_max): wait a \
                          minute";
            return Err(Problem::new(Reason::TooManyFailures, detail));
        }
        match self.endpoint.caller(token).await {
            Ok(caller) => Ok(caller),
            Err(NotLetIn::Token) => {
                self.failures.admit(&from, Instant::now());
                Err(needed())
            }
            Err(NotLetIn::Store) => {
                let detail = "the store cannot be asked now who this is: the server's log says why";
                Err(Problem::new(Reason::StoreUnavailable, detail))
            }
        }
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
            DOCUMENT_PATH => whole(200, JSON, self.endpoint.document()),
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

/// A refusal as an answer.
fn refuse(problem: &Problem) -> AdminAnswer {
    whole(problem.reason.status(), PROBLEM_JSON, problem.body())
}

fn not_let_in(problem: &Problem) -> AdminAnswer {
    let mut answer = refuse(problem);
    let (name, value) = match problem.reason {
        Reason::Token => (WWW_AUTHENTICATE, "Bearer"),
        _ => (RETRY_AFTER, "60"),
    };
    answer
        .headers_mut()
        .insert(name, HeaderValue::from_static(value));
    answer
}
