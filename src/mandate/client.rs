//! Asks the mandate service over HTTP: within a time and a size, over connections that are kept, and not at
//! all while the breaker is open. What is said stands in [`super::wire`].

use std::path::PathBuf;
use std::time::{Duration, Instant};

use bytes::Bytes;
use http_body_util::Full;
use hyper::{HeaderMap, Request, Response, Uri, body::Incoming};
use tokio::sync::Semaphore;

use crate::clock::Clock;
use crate::config::Mandate;
use crate::outgoing::{self, Connection, OutgoingError};
use crate::secrets::{ApiKey, KeyFilePolicy, SecretsError};

use super::breaker::Breaker;
use super::connect::Connections;
use super::wire::{Outgoing, Signer, Verdict};
use super::{MandateError, Question};

/// Why the mandate service cannot be asked at all, as it is configured.
#[derive(Debug, thiserror::Error)]
pub enum ClientError {
    #[error(transparent)]
    Secrets(#[from] SecretsError),
    #[error("mandate.url: {url} is no address")]
    Url { url: String },
    #[error("mandate.ca_file: {} holds no PEM certificates that can be used: {source}", path.display())]
    Authorities {
        path: PathBuf,
        source: OutgoingError,
    },
    #[error("mandate.url: {0}")]
    Outgoing(#[source] OutgoingError),
}

/// The mandate service, ready to be asked.
pub struct Client {
    signer: Signer,
    connections: Connections,
    breaker: Breaker,
    /// One for each connection in use; those that are kept come from these.
    slots: Semaphore,
    settings: Mandate,
    /// Host and port, for the Host header.
    authority: String,
    /// Path of the service's address, without a slash at its end.
    base: String,
}

impl std::fmt::Debug for Client {
    fn fmt(&self, formatter: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        formatter
            .debug_struct("Client")
            .field("settings", &self.settings)
            .finish_non_exhaustive()
    }
}

impl Client {
    /// Reads the key and gets ready. Connects to nothing yet.
    pub fn new(settings: &Mandate, policy: KeyFilePolicy) -> Result<Client, ClientError> {
        let url = || ClientError::Url {
            url: settings.url.clone(),
        };
        let uri: Uri = settings.url.parse().map_err(|_| url())?;
        let authority = uri.authority().ok_or_else(url)?;
        let ca_file = settings.ca_file.as_deref();
        let connections = Connections::new(&uri, ca_file).map_err(|source| match ca_file {
            Some(path) => ClientError::Authorities {
                path: path.to_owned(),
                source,
            },
            None => ClientError::Outgoing(source),
        })?;
        Ok(Client {
            signer: Signer {
                client_id: settings.client_id.clone(),
                key: ApiKey::load(&settings.key_file, policy)?,
            },
            connections,
            breaker: Breaker::new(
                settings.breaker_failures,
                Duration::from_millis(settings.breaker_open_ms),
            ),
            slots: Semaphore::new(usize::try_from(settings.connections_max).unwrap_or(usize::MAX)),
            authority: authority.as_str().to_owned(),
            base: uri.path().trim_end_matches('/').to_owned(),
            settings: settings.clone(),
        })
    }

    /// Asks once.
    pub async fn ask(&self, question: &Question<'_>) -> Result<Verdict, MandateError> {
        let Some(permit) = self.breaker.admit(Instant::now()) else {
            let failures = self.settings.breaker_failures;
            return Err(MandateError::BreakerOpen { failures });
        };
        let timeout = Duration::from_millis(self.settings.timeout_ms);
        let answer = tokio::time::timeout(timeout, self.exchange(question)).await;
        let answer = answer.unwrap_or(Err(MandateError::Timeout {
            timeout_ms: timeout.as_millis(),
        }));
        match &answer {
            Ok(_) => permit.succeeded(),
            Err(_) => {
                if permit.failed(Instant::now()) {
                    tracing::error!(
                        "the mandate service is left alone for {} ms: until then nobody can act for another",
                        self.settings.breaker_open_ms
                    );
                }
            }
        }
        answer
    }

    async fn exchange(&self, question: &Question<'_>) -> Result<Verdict, MandateError> {
        // The semaphore is never closed.
        let _slot = self.slots.acquire().await;
        // The machine's time: a fixed clock is none of the mandate service's business.
        let outgoing = self
            .signer
            .question(&self.base, question, Clock::machine_now())?;
        let (connection, response) = self.send(&outgoing).await?;
        let status = response.status().as_u16();
        if status != 200 {
            return Err(MandateError::Status { status });
        }
        let (headers, body) = self.read(response).await?;
        self.connections.keep(connection);
        let now = (Clock::machine_now(), self.settings.clock_skew_max_s);
        self.signer.verdict(&outgoing, &headers, &body, now)
    }

    /// Sends a question. A kept connection may have been closed meanwhile: asking changes nothing, so it is
    /// asked again over another one.
    async fn send(
        &self,
        outgoing: &Outgoing,
    ) -> Result<(Connection, Response<Incoming>), MandateError> {
        while let Some(mut connection) = self.connections.kept().await {
            if let Ok(response) = connection.send_request(self.request(outgoing)?).await {
                return Ok((connection, response));
            }
        }
        let mut connection = self.connections.open().await?;
        let response = connection.send_request(self.request(outgoing)?).await?;
        Ok((connection, response))
    }

    fn request(&self, outgoing: &Outgoing) -> Result<Request<Full<Bytes>>, MandateError> {
        let mut request = Request::post(&outgoing.target)
            .header("Host", &self.authority)
            .header("Content-Type", "application/json")
            .header("Accept", "application/json");
        for (name, value) in &outgoing.headers {
            request = request.header(*name, value);
        }
        Ok(request.body(Full::new(Bytes::from(outgoing.body.clone())))?)
    }

    async fn read(&self, response: Response<Incoming>) -> Result<(HeaderMap, Bytes), MandateError> {
        let (head, body) = response.into_parts();
        let bytes_max = self.settings.answer_bytes_max;
        let limit = usize::try_from(bytes_max).unwrap_or(usize::MAX);
        match outgoing::read(body, limit).await {
            Ok(bytes) => Ok((head.headers, bytes)),
            Err(OutgoingError::TooLarge { .. }) => Err(MandateError::TooLarge { bytes_max }),
            Err(error) => Err(error.into()),
        }
    }
}

#[cfg(test)]
mod tests;
