//! The Lambda of [`functions::opt_outs`].

use functions::{opt_outs, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(opt_outs::NEEDS, opt_outs::router).await
}
