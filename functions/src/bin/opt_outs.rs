//! The Lambda of [`functions::opt_outs`].

use functions::{cold_start, opt_outs};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    let app = cold_start(opt_outs::NEEDS).await?;
    lambda_http::run(opt_outs::router(app))
        .await
        .map_err(anyhow::Error::from_boxed)
}
