//! hyper and nothing around it: a body is collected, something is waited for, and a constant is answered.

use std::convert::Infallible;
use std::io::Write as _;

use bytes::Bytes;
use http_body_util::{BodyExt as _, Full};
use hyper::body::Incoming;
use hyper::header::{CONTENT_TYPE, HeaderValue};
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;
use tokio::signal::unix::{SignalKind, signal};

/// Prints `ready http=ADDRESS` and serves until SIGTERM: after `before` has been waited for, so many bytes.
pub async fn serve<B, F>(answer_bytes: usize, before: B) -> std::io::Result<()>
where
    B: Fn() -> F + Clone + Send + Sync + 'static,
    F: Future<Output = ()> + Send,
{
    let answer = Bytes::from(vec![b'x'; answer_bytes]);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready http={}", listener.local_addr()?);
    std::io::stdout().flush()?;
    let mut terminated = signal(SignalKind::terminate())?;
    loop {
        let (stream, _) = tokio::select! {
            accepted = listener.accept() => accepted?,
            _ = terminated.recv() => return Ok(()),
        };
        stream.set_nodelay(true)?;
        let (answer, before) = (answer.clone(), before.clone());
        tokio::spawn(async move {
            let service = service_fn(|request: Request<Incoming>| {
                let (answer, before) = (answer.clone(), &before);
                async move {
                    // A body that breaks off ends the connection by itself.
                    let _ = request.into_body().collect().await;
                    before().await;
                    let mut response = Response::new(Full::new(answer));
                    let media = HeaderValue::from_static("text/xml; charset=utf-8");
                    response.headers_mut().insert(CONTENT_TYPE, media);
                    Ok::<_, Infallible>(response)
                }
            });
            let connection = hyper::server::conn::http1::Builder::new()
                .serve_connection(TokioIo::new(stream), service);
            let _ = connection.await;
        });
    }
}
