//! The Lambda of [`functions::post_call`].

use functions::{cold_start, post_call};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(post_call::NEEDS).await?;
    lambda_http::run(post_call::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
