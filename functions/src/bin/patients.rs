//! The Lambda of [`functions::patients`].

use functions::{Rings, cold_start, patients};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Nothing).await?;
    lambda_http::run(patients::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
