//! The Lambda of [`functions::reports::analytics`].

use functions::{cold_start, reports::analytics};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(analytics::NEEDS).await?;
    lambda_http::run(analytics::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
