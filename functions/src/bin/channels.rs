//! The Lambda of [`functions::channels`].

use functions::{channels, cold_start};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(channels::NEEDS).await?;
    lambda_http::run(channels::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
