//! Spans to a collector, by OTLP over HTTP. Built with the feature `traces` only.
//!
//! They go out in batches on a thread of their own; what a collector does not take is dropped, and nobody waits for it.

use opentelemetry::trace::TracerProvider as _;
use opentelemetry_otlp::{ExporterBuildError, SpanExporter, WithExportConfig as _};
use opentelemetry_sdk::Resource;
use opentelemetry_sdk::trace::{Sampler, SdkTracerProvider};
use tracing_subscriber::filter::filter_fn;
use tracing_subscriber::{Layer, Registry};

use super::span;
use crate::config::Traces;

/// Starts sending. Blocks for a moment, and must not be called within a runtime.
pub(super) fn start(
    settings: &Traces,
) -> Result<(SdkTracerProvider, Box<dyn Layer<Registry> + Send + Sync>), ExporterBuildError> {
    let exporter = SpanExporter::builder()
        .with_http()
        .with_endpoint(&settings.otlp_url)
        .build()?;
    let ratio = f64::from(settings.sampled_per_mille) / 1_000.0;
    let provider = SdkTracerProvider::builder()
        .with_batch_exporter(exporter)
        .with_sampler(Sampler::TraceIdRatioBased(ratio))
        .with_resource(
            Resource::builder()
                .with_service_name("psop-adapter")
                .build(),
        )
        .build();
    let layer = tracing_opentelemetry::layer()
        .with_tracer(provider.tracer("psop-adapter"))
        .with_location(false)
        .with_threads(false)
        .with_filter(filter_fn(|metadata| metadata.target() == span::TARGET));
    Ok((provider, Box::new(layer)))
}
