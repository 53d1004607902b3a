//! The Lambda of [`functions::reports::export`].

use functions::{Rings, cold_start, reports::export};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Nothing).await?;
    lambda_http::run(export::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
