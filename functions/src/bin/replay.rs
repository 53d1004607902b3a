//! The Lambda of [`functions::replay`].

use functions::{Rings, cold_start, replay};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Nothing).await?;
    lambda_http::run(replay::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
