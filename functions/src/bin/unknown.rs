//! The Lambda of [`functions::unknown`].

use functions::{serve, unknown};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(unknown::NEEDS, unknown::router).await
}
