//! The Lambda of [`functions::page`].

use functions::{page, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(page::NEEDS, page::router).await
}
