//! The Lambda of [`functions::list`].

use functions::{list, serve};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(list::NEEDS, list::router).await
}
