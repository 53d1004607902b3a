//! The Lambda of [`functions::tools`].

use functions::{serve, tools};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(tools::NEEDS, tools::router).await
}
