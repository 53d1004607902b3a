//! The Lambda of [`functions::status`].

use functions::{serve, status};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(status::NEEDS, status::router).await
}
