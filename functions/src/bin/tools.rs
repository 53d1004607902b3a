//! The Lambda of [`functions::tools`].

use functions::{cold_start, tools};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(tools::NEEDS).await?;
    lambda_http::run(tools::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
