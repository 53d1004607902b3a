//! The Lambda of [`functions::list`].

use functions::{cold_start, list};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(list::NEEDS).await?;
    lambda_http::run(list::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
