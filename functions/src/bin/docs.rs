//! The Lambda of [`functions::docs`].

use functions::{docs, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(docs::NEEDS, docs::router).await
}
