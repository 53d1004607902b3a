//! The Lambda of [`functions::replay`].

use functions::{cold_start, replay};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(replay::NEEDS).await?;
    lambda_http::run(replay::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
