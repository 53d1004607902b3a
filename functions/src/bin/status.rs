//! The Lambda of [`functions::status`].

use functions::{cold_start, status};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(status::NEEDS).await?;
    lambda_http::run(status::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
