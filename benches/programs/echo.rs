//! The edge without a store as a program (see `shared/echo.rs`): prints `ready http=ADDRESS` and serves until it is
//! killed.

#[path = "shared/echo.rs"]
mod echo;

use std::io::Write as _;

/// As the program has it.
#[global_allocator]
static ALLOCATOR: tikv_jemallocator::Jemalloc = tikv_jemallocator::Jemalloc;

#[tokio::main]
async fn main() -> std::io::Result<()> {
    let ready = |address| {
        println!("ready http={address}");
        let _ = std::io::stdout().flush();
    };
    echo::run(ready, std::future::pending()).await
}
