//! The HTTP edge over real sockets: what a caller sees. The harness stands here; each theme has its file.

mod commands;
mod drain;
mod limits;
mod requests;
mod tls;

use std::net::SocketAddr;
use std::sync::Arc;
use std::sync::atomic::{AtomicUsize, Ordering};
use std::time::Duration;

use bytes::Bytes;
use tokio::io::{AsyncRead, AsyncReadExt, AsyncWrite, AsyncWriteExt};
use tokio::net::{TcpListener, TcpStream};
use tokio::sync::{Notify, mpsc, oneshot};
use tokio::task::JoinHandle;

use super::admin::Guard;
use super::problem::{Problem, Reason};
use super::server::{DrainReport, Listeners, serve};
use super::tls::Acceptor;
use super::tls::certificate::Certificate;
use super::{
    Answered, Asked, Console, Endpoint, NotLetIn, Refusal, SoapHead, SoapRequest, SoapResponse,
    Work,
};
use crate::admin_access::Token;
use crate::config::Limits;
use crate::telemetry::metrics::Edge;

/// No test waits longer than this for what must happen.
const PATIENCE: Duration = Duration::from_secs(20);

/// Larger than what the sockets' buffers take.
const LARGE_BYTES: usize = 64 << 20;

/// Behaves as the request's body says; else it echoes.
#[derive(Default)]
struct TestEndpoint {
    /// A request with body `wait` has begun.
    waiting: Notify,
    /// Lets it go on.
    go_on: Notify,
    /// Lines that the command `endless` has got rid of, and that it has ended.
    lines: AtomicUsize,
    dropped: Notify,
    edge: Edge,
}

impl Endpoint for TestEndpoint {
    async fn catalogue(&self, _part: super::route::Part, _path: &str) -> Option<Bytes> {
        None
    }

    fn refuse_head(&self, head: &SoapHead) -> Option<SoapResponse> {
        (head.content_type.as_deref() == Some("refused")).then(|| SoapResponse {
            status: 500,
            body: Bytes::from_static(b"refused by its head"),
        })
    }

    async fn soap(&self, request: SoapRequest) -> SoapResponse {
        match &*request.body {
            b"panic" => panic!("as the test asks"),
            b"never" => std::future::pending().await,
            b"wait" => {
                self.waiting.notify_one();
                self.go_on.notified().await;
                SoapResponse {
                    status: 200,
                    body: Bytes::from_static(b"waited"),
                }
            }
            b"large" => SoapResponse {
                status: 200,
                body: Bytes::from(vec![b'x'; LARGE_BYTES]),
            },
            b"headers" => {
                let text = format!(
                    "{:?} {:?}",
                    request.head.content_type, request.head.content_encoding
                );
                SoapResponse {
                    status: 200,
                    body: Bytes::from(text),
                }
            }
            _ => SoapResponse {
                status: 200,
                body: request.body,
            },
        }
    }

    fn refuse(&self, refusal: Refusal) -> SoapResponse {
        SoapResponse {
            status: 500,
            body: Bytes::from(format!("{refusal:?}")),
        }
    }

    fn wsdl(&self) -> Bytes {
        Bytes::from_static(b"<wsdl/>")
    }

    fn edge(&self) -> &Edge {
        &self.edge
    }

    fn ready(&self) -> Result<(), Vec<String>> {
        Ok(())
    }
}

/// `echo` says its arguments, `who` by whom and in which form it was asked, `wait` a line before it waits and one after, `endless` lines for ever.
impl Console for TestEndpoint {
    type Caller = String;

    fn version(&self) -> Bytes {
        Bytes::from_static(b"{}")
    }

    fn metrics(&self, connections_open: usize, _: &[Certificate]) -> Bytes {
        Bytes::from(format!("open {connections_open}\n"))
    }

    fn document(&self) -> Bytes {
        Bytes::from_static(b"{}")
    }

    fn owner(&self, user: &str) -> String {
        format!("owner {user}")
    }

    async fn caller(&self, token: &[u8]) -> Result<String, NotLetIn> {
        match token {
            b"known" => Ok("token".to_owned()),
            b"unasked" => Err(NotLetIn::Store),
            _ => Err(NotLetIn::Token),
        }
    }

    fn knows(&self, name: &str) -> bool {
        name != "none"
    }

    async fn answer(self: Arc<Self>, asked: Asked<String>) -> Result<Answered, Problem> {
        let Asked {
            name,
            arguments,
            caller,
            form,
        } = asked;
        let (sender, lines) = mpsc::channel(1);
        let work: Work = match name.as_str() {
            "echo" => Box::pin(async move {
                sender.send(arguments).await.unwrap();
            }),
            "who" => return Ok(Answered::Whole(Bytes::from(format!("{caller} {form:?}")))),
            "wait" => Box::pin(async move {
                sender.send(Bytes::from_static(b"begun\n")).await.unwrap();
                self.waiting.notify_one();
                self.go_on.notified().await;
                sender.send(Bytes::from_static(b"done\n")).await.unwrap();
            }),
            "endless" => Box::pin(async move {
                let told = Told(Arc::clone(&self));
                while sender.send(Bytes::from(vec![b'x'; 65_536])).await.is_ok() {
                    self.lines.fetch_add(1, Ordering::Relaxed);
                }
                drop(told);
            }),
            _ => return Err(Problem::new(Reason::Arguments, "as the test asks")),
        };
        Ok(Answered::Lines { lines, work })
    }
}

/// Tells when a command is dropped.
struct Told(Arc<TestEndpoint>);

impl Drop for Told {
    fn drop(&mut self) {
        self.0.dropped.notify_one();
    }
}

/// A server on free ports.
struct TestServer {
    http: SocketAddr,
    admin: SocketAddr,
    token: Token,
    endpoint: Arc<TestEndpoint>,
    stop: Option<oneshot::Sender<()>>,
    ended: JoinHandle<DrainReport>,
}

impl TestServer {
    async fn start(limits: Limits) -> Self {
        Self::start_with(limits, None).await
    }

    async fn start_with(limits: Limits, tls: Option<Acceptor>) -> Self {
        let listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let admin_listener = TcpListener::bind("127.0.0.1:0").await.unwrap();
        let (http, admin) = (
            listener.local_addr().unwrap(),
            admin_listener.local_addr().unwrap(),
        );
        let token = Token::random().unwrap();
        let listeners = Listeners {
            http: listener,
            tls,
            admin: admin_listener,
            admin_tls: None,
            guard: Guard::new(admin, &[], token.clone()),
        };
        let endpoint = Arc::new(TestEndpoint::default());
        let (stop, stopped) = oneshot::channel();
        let shutdown = async move {
            // A server that the test forgets runs until the test ends.
            if stopped.await.is_err() {
                std::future::pending().await
            }
        };
        let served = serve(listeners, Arc::new(limits), Arc::clone(&endpoint), shutdown);
        Self {
            http,
            admin,
            token,
            endpoint,
            stop: Some(stop),
            ended: tokio::spawn(served),
        }
    }

    async fn connect(&self) -> Client<TcpStream> {
        Client(TcpStream::connect(self.http).await.unwrap())
    }

    async fn connect_admin(&self) -> Client<TcpStream> {
        Client(TcpStream::connect(self.admin).await.unwrap())
    }

    fn stop(&mut self) {
        self.stop.take().unwrap().send(()).unwrap();
    }

    async fn ended(self) -> DrainReport {
        patiently(self.ended).await.unwrap()
    }
}

/// One connection of a caller that writes what it likes.
struct Client<S>(S);

/// An answer as it came.
#[derive(Debug)]
struct Received {
    head: String,
    body: Vec<u8>,
}

impl<S: AsyncRead + AsyncWrite + Unpin> Client<S> {
    async fn send(&mut self, bytes: impl AsRef<[u8]>) {
        patiently(self.0.write_all(bytes.as_ref())).await.unwrap();
        patiently(self.0.flush()).await.unwrap();
    }

    /// The next answer: head, and a body of its Content-Length.
    async fn answer(&mut self) -> Received {
        let head = self.head().await;
        let mut body = vec![0; length_of(&head)];
        patiently(self.0.read_exact(&mut body)).await.unwrap();
        Received { head, body }
    }

    async fn head(&mut self) -> String {
        let mut head = Vec::new();
        while !head.ends_with(b"\r\n\r\n") {
            head.push(patiently(self.0.read_u8()).await.unwrap());
        }
        String::from_utf8(head).unwrap()
    }

    /// Reads until the server closes; a reset connection counts as closed.
    async fn until_closed(&mut self) -> Vec<u8> {
        let mut rest = Vec::new();
        let _ = patiently(self.0.read_to_end(&mut rest)).await;
        rest
    }

    async fn post(&mut self, body: &str) -> Received {
        self.send(post(body)).await;
        self.answer().await
    }

    async fn get(&mut self, target: &str) -> Received {
        self.send(format!("GET {target} HTTP/1.1\r\nHost: localhost\r\n\r\n"))
            .await;
        self.answer().await
    }
}

impl Received {
    fn status(&self) -> u16 {
        self.head.split(' ').nth(1).unwrap().parse().unwrap()
    }

    fn text(&self) -> &str {
        std::str::from_utf8(&self.body).unwrap()
    }

    fn header(&self, name: &str) -> Option<&str> {
        let mut lines = self.head.lines().filter_map(|line| line.split_once(": "));
        lines
            .find(|(key, _)| key.eq_ignore_ascii_case(name))
            .map(|(_, value)| value)
    }

    #[track_caller]
    fn assert(&self, status: u16, text: &str) {
        assert_eq!(
            (self.status(), self.text()),
            (status, text),
            "{}",
            self.head
        );
    }
}

fn length_of(head: &str) -> usize {
    let received = Received {
        head: head.to_owned(),
        body: Vec::new(),
    };
    received
        .header("content-length")
        .map_or(0, |length| length.parse().unwrap())
}

fn post(body: &str) -> String {
    format!(
        "POST /xroad HTTP/1.1\r\nHost: x\r\nContent-Type: text/xml; charset=UTF-8\r\n\
         Content-Length: {}\r\n\r\n{body}",
        body.len()
    )
}

async fn patiently<T>(future: impl Future<Output = T>) -> T {
    tokio::time::timeout(PATIENCE, future)
        .await
        .expect("it takes too long")
}
