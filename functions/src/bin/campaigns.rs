//! The Lambda of [`functions::campaigns`].

use functions::{campaigns, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(campaigns::NEEDS, campaigns::router).await
}
