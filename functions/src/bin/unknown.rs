//! The Lambda of [`functions::unknown`].

use functions::{cold_start, unknown};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(unknown::NEEDS).await?;
    lambda_http::run(unknown::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
