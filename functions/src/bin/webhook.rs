//! The Lambda of [`functions::webhook`].

use functions::{serve, webhook};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(webhook::NEEDS, webhook::router).await
}
