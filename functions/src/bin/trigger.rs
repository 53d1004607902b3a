//! The Lambda of [`functions::trigger`].

use functions::{cold_start, trigger};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(trigger::NEEDS).await?;
    lambda_http::run(trigger::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
