//! The Lambda of [`functions::mcp`].

use functions::{Rings, cold_start, mcp};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Nothing).await?;
    lambda_http::run(mcp::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
