//! The Lambda of [`functions::replay`].

use functions::{replay, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(replay::NEEDS, replay::router).await
}
