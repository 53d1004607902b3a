//! The Lambda of [`functions::status`].

use functions::{Rings, cold_start, status};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Nothing).await?;
    lambda_http::run(status::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
