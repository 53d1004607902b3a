//! The Lambda of [`functions::reports::export`].

use functions::{reports::export, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(export::NEEDS, export::router).await
}
