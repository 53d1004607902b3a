//! The Lambda of [`functions::dialling`].

use functions::{cold_start, dialling};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(dialling::NEEDS).await?;
    lambda_http::run(dialling::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
