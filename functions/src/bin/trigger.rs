//! The Lambda of [`functions::trigger`].

use functions::{serve, trigger};

#[tokio::main]
async fn main() -> anyhow::Result<()> {
    serve(trigger::NEEDS, trigger::router).await
}
