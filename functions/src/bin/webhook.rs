//! The Lambda of [`functions::webhook`].

use functions::{cold_start, webhook};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(webhook::NEEDS).await?;
    lambda_http::run(webhook::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
