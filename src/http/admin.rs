//! The admin listener: whether the process lives and whether it can serve. It changes nothing.

use std::sync::Arc;

use bytes::Bytes;
use hyper::body::Incoming;
use hyper::{Method, Request};
use serde_json::json;
use tokio::net::TcpListener;
use tokio::sync::Semaphore;
use tokio::task::JoinSet;

use super::connection::{self, Answer, Rules};
use super::exchange::respond;
use super::{Endpoint, accept};

/// Most open connections; further ones wait in the listener's queue.
const CONNECTIONS_MAX: usize = 64;

/// Serves the admin listener until the future is dropped: it outlives the drain, to tell of it.
pub(super) async fn serve<E: Endpoint>(listener: TcpListener, rules: Rules, endpoint: Arc<E>) {
    let permits = Arc::new(Semaphore::new(CONNECTIONS_MAX));
    let mut connections = JoinSet::new();
    // The semaphore is never closed.
    while let Ok(permit) = Arc::clone(&permits).acquire_owned().await {
        let stream = accept::next(&listener).await;
        while connections.try_join_next().is_some() {}
        let rules = Rules {
            keep_alive: false,
            ..rules.clone()
        };
        let stopping = rules.stopping.clone();
        let endpoint = Arc::clone(&endpoint);
        connections.spawn(async move {
            let answer = |request: Request<Incoming>, _| {
                let ready = if *stopping.borrow() {
                    Err(vec!["draining".to_owned()])
                } else {
                    endpoint.ready()
                };
                let answer = answer(&request, ready);
                async move { answer }
            };
            connection::serve(stream, rules, answer).await;
            drop(permit);
        });
    }
}

fn answer(request: &Request<Incoming>, ready: Result<(), Vec<String>>) -> Answer {
    if request.method() != Method::GET && request.method() != Method::HEAD {
        return not_found();
    }
    let (status, body) = match (request.uri().path(), ready) {
        ("/health/live", _) => (200, json!({"status": "live"})),
        ("/health/ready", Ok(())) => (200, json!({"status": "ready"})),
        ("/health/ready", Err(reasons)) => {
            (503, json!({"status": "not ready", "reasons": reasons}))
        }
        _ => return not_found(),
    };
    respond(status, "application/json", Bytes::from(body.to_string()))
}

fn not_found() -> Answer {
    respond(
        404,
        "text/plain; charset=utf-8",
        Bytes::from_static(b"not found\n"),
    )
}
