//! What a process logs: our own words by `RUST_LOG`, and little of what libraries say.
//!
//! Libraries that see bodies write them out at their finer levels: answers of patients, numbers,
//! the sound of a call. They stay below their level here whatever `RUST_LOG` says.

mod capture;
mod heard;
pub mod metrics;
pub mod unknown;
mod word;

pub use capture::Lines;
pub use heard::is_heard;
pub use word::masked;

use tracing_subscriber::{
    EnvFilter, Layer, Registry, filter::filter_fn, layer::SubscriberExt, util::SubscriberInitExt,
};

/// Level of our own words unless `RUST_LOG` names another.
const DEFAULT: &str = "info";

/// How lines are written.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub enum Form {
    /// JSON without the time, with which Lambda stamps every line.
    Lambda,
    /// JSON with the time.
    Service,
    /// Text on the standard error stream.
    Terminal,
}

/// Starts the log of this process, unless it has one. With a namespace it holds the metrics, too.
pub fn start(form: Form, namespace: Option<String>) {
    let filter = EnvFilter::try_from_default_env().unwrap_or_else(|_| EnvFilter::new(DEFAULT));
    let lines = tracing_subscriber::fmt::layer();
    let lines: Box<dyn Layer<Registry> + Send + Sync> = match form {
        Form::Lambda => lines.json().without_time().boxed(),
        Form::Service => lines.json().boxed(),
        Form::Terminal => lines.with_writer(std::io::stderr).boxed(),
    };
    let heard = filter_fn(|event| is_heard(event) && event.target() != metrics::TARGET);
    let metrics = namespace.map(|namespace| metrics::Emf::new(namespace, std::io::stdout));
    let subscriber =
        tracing_subscriber::registry().with(lines.with_filter(filter).with_filter(heard));
    // Fails only if a log is there already, and then that one serves.
    let _ = subscriber.with(metrics).try_init();
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn no_librarys_body_is_heard_however_much_is_asked_for() {
        let said = Lines::of(|| {
            tracing::trace!(target: "dynoxide::server", body = "secret", "request body");
            tracing::warn!(target: "dynoxide::server", "secret: CreateTable");
            tracing::info!(target: "rmcp::service", "secret: greeting");
            tracing::debug!(target: "aws_smithy_runtime::client", "secret");
            tracing::trace!(target: "tungstenite::protocol", "secret");
            tracing::error!(target: "dynoxide::server", "the disk is full");
            tracing::trace!(target: "store::calls", "our own detail");
        });
        assert!(!said.contains("secret"), "{said}");
        let heard = ["the disk is full", "our own detail"];
        assert!(heard.iter().all(|line| said.contains(line)), "{said}");
    }
}
