//! The Lambda of [`functions::reports::export`].

use functions::{cold_start, reports::export};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(export::NEEDS).await?;
    lambda_http::run(export::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
