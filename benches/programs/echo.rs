//! The edge without a store as a program (see `shared/echo.rs`): prints `ready http=ADDRESS` and serves until
//! SIGTERM.

#[path = "shared/echo.rs"]
mod echo;

use std::io::Write as _;

use tokio::signal::unix::{SignalKind, signal};

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let ready = |address| {
        println!("ready http={address}");
        let _ = std::io::stdout().flush();
    };
    let mut terminated = signal(SignalKind::terminate())?;
    let stop = async move {
        terminated.recv().await;
    };
    echo::run(ready, stop).await
}
