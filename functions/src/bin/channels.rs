//! The Lambda of [`functions::channels`].

use functions::{channels, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(channels::NEEDS, channels::router).await
}
