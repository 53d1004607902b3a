//! The Lambda of [`functions::patients`].

use functions::{cold_start, patients};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(patients::NEEDS).await?;
    lambda_http::run(patients::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
