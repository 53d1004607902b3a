//! The Lambda of [`functions::post_call`].

use functions::{post_call, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(post_call::NEEDS, post_call::router).await
}
