//! The ceiling of the HTTP edge: hyper alone. `bare_hyper BYTES` answers so many constant bytes.

#[path = "shared/bare.rs"]
mod bare;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let bytes = std::env::args().nth(1).and_then(|text| text.parse().ok());
    bare::serve(bytes.unwrap_or(2_000), || std::future::ready(())).await
}
