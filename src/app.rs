//! The program put together: what is built from a configuration, and the way of one request from
//! bytes to bytes, with its one log line.

mod console;
mod log_line;
mod refusal;
#[cfg(test)]
mod tests;

use std::path::Path;
use std::sync::atomic::{AtomicU64, Ordering};
use std::sync::{Arc, OnceLock};
use std::time::{Duration, Instant};

use bytes::Bytes;
use tokio::sync::Semaphore;
use tokio::time::MissedTickBehavior;
use tracing::Instrument as _;

use crate::clock::Clock;
use crate::config::{Config, DatabaseUrl, Environment, Limits, StoreKind};
use crate::contract::wsdl;
use crate::domain::client::ClientId;
use crate::http::route::{Part, SAMPLES};
use crate::http::{Endpoint, Refusal, SoapHead, SoapRequest, SoapResponse};
use crate::mandate::Mandates;
use crate::mandate::client::{Client, ClientError};
use crate::partner::catalogue;
use crate::partner::limits::Language;
use crate::rates::Rates;
use crate::secrets::{KeyFilePolicy, Keyring, MasterKey, SecretsError};
use crate::services::{self, Catalogue, Failure, Services};
use crate::soap::envelope::{self, Received, Unreadable};
use crate::soap::fault::{Fault, FaultCode};
use crate::soap::header::{Echo, Header};
use crate::soap::multipart::{self, Media};
use crate::soap::reply;
use crate::store::postgres::{self, PostgresStore};
use crate::store::sled::{self, SledStore};
use crate::store::upkeep::Filling;
use crate::store::{Store, StoreError};
use crate::telemetry::metrics::{Edge, Metrics, Stage};
use crate::telemetry::span;
use crate::xml::reader;

use log_line::{LogLine, known_outcome};

/// How often it is looked up what the store takes on its disk.
const STORE_MEASURED_EVERY: Duration = Duration::from_secs(60);

/// Why the program could not be put together.
#[derive(Debug, thiserror::Error)]
pub enum AppError {
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error(transparent)]
    Store(#[from] StoreError),
}

/// The running program.
pub struct App {
    services: Services,
    limits: reader::Limits,
    header_text_chars_max: usize,
    in_flight: Semaphore,
    in_flight_max: usize,
    /// What a request past that is answered, which has to cost little.
    busy: Bytes,
    client_rates: Rates<ClientId>,
    /// Largest answer of the Admin API as one object, in bytes.
    answer_bytes_max: usize,
    /// The document of the Admin API, once somebody has asked for it: whoever does may ask often.
    admin_document: OnceLock<Bytes>,
    catalogue: Catalogue,
    wsdl: Bytes,
    public_url: String,
    /// The catalogue in each language, once somebody asked for it: in production it never changes.
    pages: [OnceLock<Bytes>; Language::ALL.len()],
    is_production: bool,
    requests: AtomicU64,
    metrics: Metrics,
}

/// How strict this installation is about key files.
pub fn key_file_policy(config: &Config) -> KeyFilePolicy {
    KeyFilePolicy {
        create_missing: config.environment == Environment::Dev,
        refuse_exposed: config.environment == Environment::Prod,
    }
}

/// The mandate service that a configuration names.
pub fn mandates(config: &Config) -> Result<Mandates, ClientError> {
    let Some(settings) = &config.mandate else {
        tracing::warn!(
            "no mandate service is configured (section [mandate]): nobody can act for another"
        );
        return Ok(Mandates::NotConfigured);
    };
    let client = Client::new(settings, key_file_policy(config))?;
    Ok(Mandates::Service(Box::new(client)))
}

/// Opens the store that a configuration names, with the keys that open it.
pub fn open_store(config: &Config) -> Result<(Arc<dyn Store>, Arc<Keyring>), AppError> {
    let master = master_key(config)?;
    Ok(match config.store.kind {
        StoreKind::Sled => {
            let store = SledStore::open(&sled_options(config), &master)?;
            let keyring = store.keyring();
            (Arc::new(store), keyring)
        }
        StoreKind::Postgres => {
            let store = PostgresStore::open(&postgres_options(config), &master)?;
            let keyring = store.keyring();
            (Arc::new(store), keyring)
        }
    })
}

/// Takes the place that a configuration names for its store, where none is yet, to fill it.
pub fn fill_store(config: &Config) -> Result<Filling, AppError> {
    Ok(match config.store.kind {
        StoreKind::Sled => SledStore::fill(&sled_options(config))?,
        StoreKind::Postgres => PostgresStore::fill(&postgres_options(config))?,
    })
}

/// The master key that a configuration names.
pub fn master_key(config: &Config) -> Result<MasterKey, SecretsError> {
    let key_file: &Path = &config.secrets.key_file;
    MasterKey::load(key_file, key_file_policy(config))
}

fn sled_options(config: &Config) -> sled::Options {
    sled::Options {
        path: config.store.path.clone(),
        cache_bytes: config.store.cache_bytes,
        read_back_bytes: config.store.read_back_bytes,
        commit_queue_max: config.limits.commit_queue_max,
        commit_batch_max: config.limits.commit_batch_max,
    }
}

fn postgres_options(config: &Config) -> postgres::Options {
    let store = &config.store;
    let url = store.url.as_ref().map_or("", DatabaseUrl::as_str);
    postgres::Options {
        url: url.to_owned(),
        password_file: store.password_file.clone(),
        ca_file: store.ca_file.clone(),
        allow_plain: store.allow_plain,
        connections_max: store.connections_max,
        timeout: Duration::from_millis(store.timeout_ms),
        stall_timeout: Duration::from_millis(store.stall_timeout_ms),
        probe_every: Duration::from_millis(store.probe_every_ms),
        commit_queue_max: config.limits.commit_queue_max,
        commit_batch_max: config.limits.commit_batch_max,
    }
}

/// What requests and operator commands work with, over an open store.
pub fn services(config: &Config, store: Arc<dyn Store>, keyring: Arc<Keyring>) -> Services {
    Services {
        store,
        keyring,
        mandates: Mandates::NotConfigured,
        clock: config.clock.map_or(Clock::System, Clock::Fixed),
        artificial_person_ids: config.environment != Environment::Prod,
        misses_max: config.limits.misses_max,
        misses_window: Duration::from_secs(config.limits.misses_window_s),
        feed_rows_max: config.limits.feed_rows_max,
        tokens_max: config.limits.admin_tokens_max,
        token_days_max: config.limits.admin_token_days_max,
        retention: config.retention.clone(),
    }
}

impl App {
    /// Asks this mandate service; without it nobody may act for another.
    pub fn with_mandates(mut self, mandates: Mandates) -> App {
        self.services.mandates = mandates;
        self
    }

    /// Puts the program together over an open store.
    pub fn new(config: &Config, store: Arc<dyn Store>, keyring: Arc<Keyring>) -> App {
        App::publishing(Catalogue(services::OPERATIONS), config, store, keyring)
    }

    /// The same with other services than there are.
    fn publishing(
        catalogue: Catalogue,
        config: &Config,
        store: Arc<dyn Store>,
        keyring: Arc<Keyring>,
    ) -> App {
        let limits: &Limits = &config.limits;
        let metrics = Metrics::new(store.metrics());
        App {
            services: services(config, store, keyring),
            limits: limits.of_xml(),
            header_text_chars_max: limits.header_text_chars_max,
            in_flight: Semaphore::new(limits.requests_in_flight_max),
            in_flight_max: limits.requests_in_flight_max,
            busy: Bytes::from(reply::fault(None, &Fault::busy())),
            answer_bytes_max: limits.admin_answer_bytes_max,
            admin_document: OnceLock::new(),
            client_rates: Rates::new(limits.client_requests_per_s_max, Duration::from_secs(1)),
            catalogue,
            wsdl: Bytes::from(wsdl::wsdl(
                &catalogue.published(),
                &services::published_faults(),
                &config.server.public_url,
            )),
            public_url: config.server.public_url.clone(),
            pages: Default::default(),
            is_production: config.environment == Environment::Prod,
            requests: AtomicU64::new(0),
            metrics,
        }
    }

    /// The catalogue page; members and the form stand on it outside production only, and are read each time.
    async fn page(&self, tag: &str) -> Option<Bytes> {
        let (language, kept) = Language::ALL
            .into_iter()
            .zip(&self.pages)
            .find(|(language, _)| language.tag() == tag)?;
        if let Some(page) = kept.get() {
            return Some(page.clone());
        }
        let registry = match self.is_production {
            true => None,
            false => self.services.store.registry().await.ok(),
        };
        match catalogue::page(language, &self.public_url, registry.as_ref()) {
            Ok(page) if self.is_production => Some(kept.get_or_init(|| Bytes::from(page)).clone()),
            Ok(page) => Some(Bytes::from(page)),
            Err(error) => {
                tracing::error!("the catalogue page cannot be made: {error}");
                None
            }
        }
    }

    /// Answers a request: the envelope, and the code for the log.
    async fn answer(&self, request: &SoapRequest, line: &mut LogLine) -> Result<String, Rejected> {
        let began = Instant::now();
        let message = self.message(request).await.map_err(Rejected::bare)?;
        let read = envelope::read(
            &message,
            self.limits,
            self.header_text_chars_max,
            &self.catalogue,
        );
        let Received { header, echo, body } = match read {
            Ok(received) => received,
            Err(unreadable) => return Err(self.unreadable(unreadable, line).await),
        };
        line.take(&header, &self.services.keyring);
        self.check_rate(&header).map_err(|fault| Rejected {
            fault,
            echo: Some(echo.clone()),
        })?;
        let read = Instant::now();
        self.metrics.stage(Stage::Read, read - began);
        let answer = body.answer(&self.services, &header);
        let answer = answer.instrument(span::serve()).await;
        let served = Instant::now();
        self.metrics.stage(Stage::Serve, served - read);
        match answer {
            Ok(answer) => {
                line.outcome = known_outcome(&answer.result);
                let envelope = reply::envelope(&echo, &answer.body);
                self.metrics.stage(Stage::Reply, served.elapsed());
                Ok(envelope)
            }
            Err(failure) => Err(Rejected {
                fault: self.fault(failure),
                echo: Some(echo),
            }),
        }
    }

    /// A fault for a request that was not read, with its log line.
    fn refuse_with(&self, fault: &Fault) -> SoapResponse {
        let body = Bytes::from(reply::fault(None, fault));
        self.refuse_by(fault.code, body)
    }

    fn refuse_by(&self, code: FaultCode, body: Bytes) -> SoapResponse {
        let mut line = LogLine::new(self.requests.fetch_add(1, Ordering::Relaxed) + 1);
        line.outcome = code.as_str();
        line.write(&self.metrics, Duration::ZERO, 0, 0);
        SoapResponse { status: 500, body }
    }

    /// Refuses a client that calls too often; only counted, never in the access log.
    fn check_rate(&self, header: &Header) -> Result<(), Fault> {
        if self.client_rates.admit(&header.client, Instant::now()) {
            Ok(())
        } else {
            self.metrics.edge.shed("client_requests");
            Err(Fault::busy())
        }
    }

    /// What a service's failure looks like from outside. The log says what only an operator can mend.
    fn fault(&self, failure: Failure) -> Fault {
        match failure {
            Failure::Refused(refused) => refused.into(),
            Failure::RateLimited => Fault::rate_limited(),
            Failure::Store(error) => self.store_fault(error),
            Failure::Secrets(error) => {
                tracing::error!("a key could not be used: {error}");
                Fault::internal()
            }
        }
    }

    fn store_fault(&self, error: StoreError) -> Fault {
        match &error {
            StoreError::Busy => {
                self.metrics.edge.shed("store_busy");
                tracing::warn!("{error}");
            }
            StoreError::Conflict => tracing::warn!("{error}"),
            _ => tracing::error!("{error}"),
        }
        error.into()
    }

    /// Looks once a minute what the store takes on its disk, for as long as it is polled.
    pub async fn measure_store(&self) -> ! {
        let mut due = tokio::time::interval(STORE_MEASURED_EVERY);
        due.set_missed_tick_behavior(MissedTickBehavior::Delay);
        loop {
            due.tick().await;
            let store = Arc::clone(&self.services.store);
            let measured = tokio::task::spawn_blocking(move || store.disk_bytes()).await;
            if let Ok(Ok(bytes)) = measured {
                self.metrics.store_takes(bytes);
            }
        }
    }

    /// The SOAP message in a body.
    async fn message(&self, request: &SoapRequest) -> Result<Bytes, Fault> {
        match media_of(&request.head)? {
            Media::Soap => Ok(request.body.clone()),
            Media::Multipart { boundary } => {
                // Rare, and large: not in every request's own memory.
                let part =
                    multipart::soap_part(request.body.clone(), &boundary, request.body.len());
                Box::pin(part).await
            }
        }
    }

    /// Keeps the row of a request whose header could be read, and makes its fault.
    async fn unreadable(&self, unreadable: Unreadable, line: &mut LogLine) -> Rejected {
        let Unreadable { mut fault, header } = unreadable;
        let Some(header) = header else {
            return Rejected::bare(fault);
        };
        let (header, echo) = *header;
        line.take(&header, &self.services.keyring);
        if let Err(busy) = self.check_rate(&header) {
            return Rejected {
                fault: busy,
                echo: Some(echo),
            };
        }
        let code = fault.code.as_str();
        if let Err(error) = services::record_fault(&self.services, &header, code).await {
            fault = self.store_fault(error);
        }
        Rejected {
            fault,
            echo: Some(echo),
        }
    }
}

/// A request answered by a fault.
struct Rejected {
    fault: Fault,
    echo: Option<Echo>,
}

impl Rejected {
    fn bare(fault: Fault) -> Rejected {
        Rejected { fault, echo: None }
    }
}

/// How the message stands in a body with this head.
fn media_of(head: &SoapHead) -> Result<Media, Fault> {
    let media = multipart::media(head.content_type.as_deref().unwrap_or_default())?;
    match head.content_encoding.as_deref().map(str::trim) {
        None | Some("") => Ok(media),
        Some(encoding) if encoding.eq_ignore_ascii_case("identity") => Ok(media),
        Some(_) => Err(Fault::new(
            FaultCode::ContentTypeUnsupported,
            "a compressed body is not taken: leave Content-Encoding out",
        )),
    }
}

impl Endpoint for App {
    fn refuse_head(&self, head: &SoapHead) -> Option<SoapResponse> {
        media_of(head).err().map(|fault| self.refuse_with(&fault))
    }

    async fn soap(&self, request: SoapRequest) -> SoapResponse {
        let began = Instant::now();
        let Ok(_in_flight) = self.in_flight.try_acquire() else {
            self.metrics.edge.shed("requests_in_flight");
            return self.refuse_by(FaultCode::BusyRetry, self.busy.clone());
        };
        let _caller = self.services.store.callers().arrive();
        let mut line = LogLine::new(self.requests.fetch_add(1, Ordering::Relaxed) + 1);
        let span = span::request();
        // Kilobytes, on the heap for as long as they are needed: what is inside of this future lies in every connection's
        // own memory, far from the cores where there are many, and is written to even by a request that is refused.
        let answered = Box::pin(self.answer(&request, &mut line).instrument(span.clone()));
        let response = match answered.await {
            Ok(envelope) => SoapResponse {
                status: 200,
                body: Bytes::from(envelope),
            },
            Err(rejected) => {
                line.outcome = rejected.fault.code.as_str();
                SoapResponse {
                    status: 500,
                    body: Bytes::from(reply::fault(rejected.echo.as_ref(), &rejected.fault)),
                }
            }
        };
        line.tell(&span);
        line.write(
            &self.metrics,
            began.elapsed(),
            request.body.len(),
            response.body.len(),
        );
        response
    }

    fn refuse(&self, refusal: Refusal) -> SoapResponse {
        self.refuse_with(&refusal::fault(refusal))
    }

    fn wsdl(&self) -> Bytes {
        self.wsdl.clone()
    }

    async fn catalogue(&self, part: Part, path: &str) -> Option<Bytes> {
        match part {
            Part::Page(tag) => self.page(tag).await,
            Part::Style => Some(Bytes::from_static(catalogue::STYLE.as_bytes())),
            Part::Script if self.is_production => None,
            Part::Script => Some(Bytes::from_static(catalogue::SCRIPT.as_bytes())),
            Part::Sample => {
                let name = path.strip_prefix(SAMPLES)?;
                catalogue::sample_file(name).map(Bytes::from)
            }
        }
    }

    fn edge(&self) -> &Edge {
        &self.metrics.edge
    }

    fn ready(&self) -> Result<(), Vec<String>> {
        self.services
            .store
            .ready()
            .map_err(|error| vec![error.to_string()])
    }
}
