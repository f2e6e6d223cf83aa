//! `mandate-stand-in`: stands in for the mandate service on a developer's or tester's machine. Never in PROD.

use std::convert::Infallible;
use std::io::Write;
use std::net::SocketAddr;
use std::path::PathBuf;
use std::process::ExitCode;
use std::sync::Arc;

use anyhow::{Context, bail};
use bytes::Bytes;
use clap::Args;
use http_body_util::{BodyExt, Full, Limited};
use hyper::body::Incoming;
use hyper::server::conn::http1;
use hyper::service::service_fn;
use hyper::{Request, Response};
use hyper_util::rt::TokioIo;
use tokio::net::TcpListener;

use super::ConfigFile;
use crate::app::key_file_policy;
use crate::clock::{Clock, date_in_helsinki};
use crate::config::{Environment, Overrides};
use crate::mandate::stand_in::{Reply, StandIn};
use crate::mandate::wire::Signer;
use crate::secrets::ApiKey;
use crate::telemetry;

/// Largest question, in bytes.
const QUESTION_BYTES_MAX: usize = 16_384;

/// Stand in for the mandate service with answers from a file; never in PROD
#[derive(Debug, Args)]
#[command(
    after_help = "Client id and key are those of the configuration's [mandate]; its url is not used.\n\
    Prints `ready mandate=ADDRESS`, and then one line for each question: connection, request line, status.\n\
    Example: psop-adapter mandate-stand-in --config fixtures/demo/psop-adapter.toml \\\n\
    \x20    --answers fixtures/demo/mandates.toml"
)]
pub struct MandateStandIn {
    #[command(flatten)]
    config: ConfigFile,
    /// Address to listen on; port 0 takes a free one
    #[arg(long, value_name = "ADDRESS", default_value = "127.0.0.1:8090")]
    listen: SocketAddr,
    /// File of the answers (TOML)
    #[arg(long, value_name = "FILE")]
    answers: PathBuf,
}

impl MandateStandIn {
    /// Runs until stopped.
    pub fn run(self) -> anyhow::Result<ExitCode> {
        let config = self.config.load(&Overrides::default())?;
        if config.environment == Environment::Prod {
            bail!("there is no stand-in for the mandate service in PROD");
        }
        let Some(settings) = &config.mandate else {
            bail!("the configuration has no [mandate]: write url, client_id and key_file");
        };
        let _telemetry = telemetry::start(&config)?;
        let signer = Signer {
            client_id: settings.client_id.clone(),
            key: ApiKey::load(&settings.key_file, key_file_policy(&config))?,
        };
        let today = date_in_helsinki(Clock::machine_now());
        let stand_in = Arc::new(StandIn::load(&self.answers, signer, today)?);
        super::runtime()?.block_on(serve(self.listen, stand_in))
    }
}

async fn serve(address: SocketAddr, stand_in: Arc<StandIn>) -> anyhow::Result<ExitCode> {
    let listener = TcpListener::bind(address)
        .await
        .with_context(|| format!("cannot listen on {address}"))?;
    say(&format!("ready mandate={}", listener.local_addr()?));
    for connection in 1_u64.. {
        let (stream, _) = listener.accept().await?;
        let stand_in = Arc::clone(&stand_in);
        let service = service_fn(move |request| {
            let stand_in = Arc::clone(&stand_in);
            async move { Ok::<_, Infallible>(respond(connection, &stand_in, request).await) }
        });
        tokio::spawn(http1::Builder::new().serve_connection(TokioIo::new(stream), service));
    }
    Ok(ExitCode::SUCCESS)
}

async fn respond(
    connection: u64,
    stand_in: &StandIn,
    request: Request<Incoming>,
) -> Response<Full<Bytes>> {
    let (head, body) = request.into_parts();
    let target = head
        .uri
        .path_and_query()
        .map_or("/", |target| target.as_str());
    let reply = match Limited::new(body, QUESTION_BYTES_MAX).collect().await {
        Ok(body) => stand_in
            .answer(
                (&head.method, target),
                &head.headers,
                &body.to_bytes(),
                Clock::machine_now(),
            )
            .ok(),
        Err(_) => None,
    };
    let status = reply.as_ref().map_or(400, |reply| reply.status);
    // As a server's access log would have it.
    say(&format!(
        "asked connection={connection} {} {target} {status}",
        head.method
    ));
    let reply = reply.unwrap_or_else(|| Reply::bare(status));
    tokio::time::sleep(reply.delay).await;
    response(reply).unwrap_or_default()
}

fn response(reply: Reply) -> Result<Response<Full<Bytes>>, hyper::http::Error> {
    let mut response = Response::builder().status(reply.status);
    if let Some((name, value)) = reply.signature {
        response = response.header(name, value);
    }
    response.body(Full::new(Bytes::from(reply.body)))
}

/// One line on standard output; a reader that has gone is no matter.
fn say(line: &str) {
    let mut stdout = std::io::stdout().lock();
    let _ = writeln!(stdout, "{line}").and_then(|()| stdout.flush());
}
