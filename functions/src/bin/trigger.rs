//! The Lambda of [`functions::trigger`].

use functions::{Rings, cold_start, trigger};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(Rings::Phones).await?;
    lambda_http::run(trigger::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
