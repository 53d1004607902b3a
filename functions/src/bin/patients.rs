//! The Lambda of [`functions::patients`].

use functions::{patients, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(patients::NEEDS, patients::router).await
}
