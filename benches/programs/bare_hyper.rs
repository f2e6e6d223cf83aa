//! The ceiling of the HTTP edge: hyper alone, which collects a body and answers so many constant bytes.
//! `bare_hyper BYTES` prints `ready http=ADDRESS` and serves until it is killed.

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

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let bytes = std::env::args().nth(1).and_then(|text| text.parse().ok());
    let answer = Bytes::from(vec![b'x'; bytes.unwrap_or(2_000)]);
    let listener = TcpListener::bind("127.0.0.1:0").await?;
    println!("ready http={}", listener.local_addr()?);
    std::io::stdout().flush()?;
    loop {
        let (stream, _) = listener.accept().await?;
        stream.set_nodelay(true)?;
        let answer = answer.clone();
        tokio::spawn(async move {
            let service = service_fn(move |request: Request<Incoming>| {
                let answer = answer.clone();
                async move {
                    // A body that breaks off ends the connection by itself.
                    let _ = request.into_body().collect().await;
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
