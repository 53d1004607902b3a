//! The Lambda of [`functions::reports::analytics`].

use functions::{reports::analytics, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(analytics::NEEDS, analytics::router).await
}
