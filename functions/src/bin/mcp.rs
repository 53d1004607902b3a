//! The Lambda of [`functions::mcp`].

use functions::{mcp, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(mcp::NEEDS, mcp::router).await
}
