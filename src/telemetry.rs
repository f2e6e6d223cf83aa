//! Sets up the log and the traces, and holds the [`metrics`]. The log: one line for each event on stderr, as JSON or for people.
//!
//! It decides the lines' shape and nothing of their content: what may be logged (nothing personal) is the business of
//! whoever logs. A JSON line is one flat object:
//! `{"timestamp":"2026-02-01T08:00:00.000000Z","level":"INFO","message":"…","target":"psop_adapter::…", fields… }`.

pub mod metrics;
pub mod span;
#[cfg(feature = "traces")]
mod traces;

use std::io::IsTerminal as _;
use std::panic::PanicHookInfo;

use tracing::subscriber::SetGlobalDefaultError;
use tracing_subscriber::filter::{FilterExt as _, ParseError, filter_fn};
use tracing_subscriber::fmt::{self, MakeWriter};
use tracing_subscriber::layer::SubscriberExt as _;
use tracing_subscriber::{EnvFilter, Layer, Registry, reload};

use crate::config::{Config, Log, LogFormat};

/// Why there is no log.
#[derive(Debug, thiserror::Error)]
pub enum TelemetryError {
    /// `log.level` is not a filter.
    #[error(
        "log.level: `{level}` is not understood ({source}): write error, warn, info, debug or trace, or directives \
         such as \"info,psop_adapter::http=debug\""
    )]
    Level {
        /// What is configured.
        level: String,
        /// Why it is refused.
        source: ParseError,
    },
    /// The process has a log already.
    #[error("the log is started twice, which is a defect of this program: {0}")]
    Started(#[from] SetGlobalDefaultError),
    /// The traces cannot be sent.
    #[cfg(feature = "traces")]
    #[error("traces.otlp_url: {0}")]
    Traces(#[from] opentelemetry_otlp::ExporterBuildError),
    /// This program cannot send traces.
    #[cfg(not(feature = "traces"))]
    #[error(
        "traces: this program is built without traces: remove the section, or build it with \
         `cargo build --release --features traces`"
    )]
    NoTraces,
    /// The log is gone.
    #[error("log.level: there is no log any more: {0}")]
    Gone(#[from] reload::Error),
}

/// What takes log lines or spans.
type Sink = Box<dyn Layer<Registry> + Send + Sync>;

/// The running log and traces.
pub struct Telemetry {
    /// The log's level.
    pub level: Level,
    #[cfg(feature = "traces")]
    traces: Option<opentelemetry_sdk::trace::SdkTracerProvider>,
}

impl Telemetry {
    /// Sends what is left of the traces. Blocks for some seconds at most; not to be called within a runtime.
    pub fn stop(self) {
        #[cfg(feature = "traces")]
        if let Some(Err(error)) = self.traces.map(|traces| traces.shutdown()) {
            tracing::warn!(%error, "the last traces were not sent");
        }
    }
}

/// The level of a running log, to be set anew.
pub struct Level(SetFilter);

type SetFilter = Box<dyn Fn(EnvFilter) -> Result<(), reload::Error> + Send + Sync>;

impl Level {
    /// What a level stands for.
    ///
    /// # Errors
    /// [`TelemetryError`] when it is not understood.
    pub fn parse(level: &str) -> Result<EnvFilter, TelemetryError> {
        EnvFilter::try_new(level).map_err(|source| TelemetryError::Level {
            level: level.to_owned(),
            source,
        })
    }

    /// Logs at this level from now on.
    ///
    /// # Errors
    /// [`TelemetryError`] when there is no log any more.
    pub fn set(&self, filter: EnvFilter) -> Result<(), TelemetryError> {
        Ok((self.0)(filter)?)
    }
}

/// Starts the process's log on stderr, and its traces. Colours are used for people only, on a terminal only. Not to be
/// called within a runtime.
///
/// Panics become log lines that tell where and not what: a panic's text may quote a request.
///
/// # Errors
/// [`TelemetryError`] when `log.level` is not understood, a log was started before, or traces cannot be.
pub fn start(config: &Config) -> Result<Telemetry, TelemetryError> {
    let colours = std::io::stderr().is_terminal();
    let (lines, level) = lines(&config.log, std::io::stderr, colours)?;
    let sinks = vec![lines];
    #[cfg(not(feature = "traces"))]
    if config.traces.is_some() {
        return Err(TelemetryError::NoTraces);
    }
    #[cfg(feature = "traces")]
    let (sinks, traces) = with_traces(sinks, config.traces.as_ref())?;
    tracing::subscriber::set_global_default(Registry::default().with(sinks))?;
    std::panic::set_hook(Box::new(log_panic));
    Ok(Telemetry {
        level,
        #[cfg(feature = "traces")]
        traces,
    })
}

#[cfg(feature = "traces")]
type WithTraces = (
    Vec<Sink>,
    Option<opentelemetry_sdk::trace::SdkTracerProvider>,
);

#[cfg(feature = "traces")]
fn with_traces(
    mut sinks: Vec<Sink>,
    settings: Option<&crate::config::Traces>,
) -> Result<WithTraces, TelemetryError> {
    let Some(settings) = settings else {
        return Ok((sinks, None));
    };
    let (provider, sink) = traces::start(settings)?;
    sinks.push(sink);
    Ok((sinks, Some(provider)))
}

fn log_panic(panic: &PanicHookInfo<'_>) {
    let place = panic
        .location()
        .map(ToString::to_string)
        .unwrap_or_default();
    tracing::error!(
        place,
        "a thread panicked: this is a defect of this program, report it with this place"
    );
}

/// The log's lines, and their level.
fn lines<W>(log: &Log, writer: W, colours: bool) -> Result<(Sink, Level), TelemetryError>
where
    W: for<'writer> MakeWriter<'writer> + Send + Sync + 'static,
{
    let (level, handle) = reload::Layer::new(Level::parse(&log.level)?);
    // Without internal errors: a closed stderr must not make every log line a panic.
    let lines = fmt::layer().with_writer(writer).log_internal_errors(false);
    let lines: Sink = match log.format {
        LogFormat::Human => Box::new(lines.with_ansi(colours)),
        LogFormat::Json => {
            let lines = lines.json().flatten_event(true).with_span_list(false);
            Box::new(lines.with_ansi(false))
        }
    };
    let no_spans = filter_fn(|metadata| metadata.target() != span::TARGET);
    let lines = lines.with_filter(level.and(no_spans));
    Ok((
        Box::new(lines),
        Level(Box::new(move |filter| handle.reload(filter))),
    ))
}

#[cfg(test)]
mod tests {
    use std::io::Write;
    use std::sync::{Arc, Mutex};

    use super::*;

    #[derive(Clone, Default)]
    struct Lines(Arc<Mutex<Vec<u8>>>);

    impl Write for Lines {
        fn write(&mut self, bytes: &[u8]) -> std::io::Result<usize> {
            self.0.lock().unwrap().write(bytes)
        }

        fn flush(&mut self) -> std::io::Result<()> {
            Ok(())
        }
    }

    fn lines_of(log: &Log, writer: Lines, colours: bool) -> (Sink, Level) {
        lines(log, move || writer.clone(), colours).unwrap()
    }

    fn logged(format: LogFormat, level: &str, colours: bool) -> String {
        let lines = Lines::default();
        let writer = lines.clone();
        let log = Log {
            format,
            level: level.to_owned(),
            ..Log::default()
        };
        let (sink, _) = lines_of(&log, writer, colours);
        tracing::subscriber::with_default(Registry::default().with(vec![sink]), || {
            let _span = span::request().entered();
            tracing::info!(request = 7, outcome = "OK\nforged", "answered");
            tracing::debug!("hidden");
        });
        let bytes = lines.0.lock().unwrap().clone();
        String::from_utf8(bytes).unwrap()
    }

    #[test]
    fn a_json_line_is_one_flat_object() {
        let text = logged(LogFormat::Json, "info", true);
        assert_eq!(text.lines().count(), 1, "{text}");
        let line: serde_json::Value = serde_json::from_str(&text).unwrap();
        assert_eq!(line["message"], "answered");
        assert_eq!(line["level"], "INFO");
        assert_eq!(line["request"], 7);
        assert_eq!(line["outcome"], "OK\nforged");
        assert_eq!(line["target"], "psop_adapter::telemetry::tests");
        assert!(line["timestamp"].as_str().unwrap().ends_with('Z'));
    }

    #[test]
    fn a_human_line_has_colours_only_when_asked_and_no_forged_lines() {
        let text = logged(LogFormat::Human, "info", false);
        assert!(text.contains("answered request=7"), "{text}");
        assert!(!text.contains('\u{1b}'));
        assert_eq!(text.lines().count(), 1, "{text}");
        assert!(logged(LogFormat::Human, "info", true).contains('\u{1b}'));
    }

    #[test]
    fn the_level_filters() {
        assert_eq!(logged(LogFormat::Human, "warn", false), "");
        assert_eq!(
            logged(LogFormat::Human, "info,psop_adapter=debug", false)
                .lines()
                .count(),
            2
        );
    }

    #[test]
    fn the_level_can_be_set_anew() {
        for format in [LogFormat::Human, LogFormat::Json] {
            let lines = Lines::default();
            let writer = lines.clone();
            let log = Log {
                format,
                level: "warn".to_owned(),
                ..Log::default()
            };
            let (sink, level) = lines_of(&log, writer, false);
            tracing::subscriber::with_default(Registry::default().with(vec![sink]), || {
                tracing::info!("before");
                level.set(Level::parse("info").unwrap()).unwrap();
                tracing::info!("after");
            });
            let text = String::from_utf8(lines.0.lock().unwrap().clone()).unwrap();
            assert!(!text.contains("before") && text.contains("after"), "{text}");
        }
    }

    #[test]
    fn a_level_that_is_none_is_refused_with_the_key() {
        let log = Log {
            format: LogFormat::Json,
            level: "loud=very".to_owned(),
            ..Log::default()
        };
        let error = lines(&log, std::io::sink, false).err().unwrap();
        assert!(
            error
                .to_string()
                .starts_with("log.level: `loud=very` is not understood"),
            "{error}"
        );
    }
}
