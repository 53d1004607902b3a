//! The Lambda of [`functions::dialling`].

use functions::{dialling, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(dialling::NEEDS, dialling::router).await
}
