//! The Lambda of [`functions::webhook`].

use functions::{Rings, cold_start, webhook};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Phones).await?;
    lambda_http::run(webhook::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
