//! The Lambda of [`functions::mcp`].

use functions::{cold_start, mcp};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(mcp::NEEDS).await?;
    lambda_http::run(mcp::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
