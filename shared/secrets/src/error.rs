//! Why secrets could not be read.

use aws_sdk_secretsmanager::{
    error::{ProvideErrorMetadata, SdkError},
    operation::get_secret_value::GetSecretValueError,
};
use std::fmt;

/// Each secret that could not be read, and why. Never what is in it.
#[derive(Debug)]
pub struct SecretsError(pub(super) Vec<(String, Trouble)>);

/// Why one secret could not be read.
#[derive(Clone, Debug, PartialEq, Eq, thiserror::Error)]
pub enum Trouble {
    /// Nothing of that name in this account and region, or nothing was ever put into it.
    #[error("does not exist in this region, or has no value yet")]
    Missing,
    /// The role may not read it, or may not use its key.
    #[error(
        "may not be read by this process: it needs secretsmanager:GetSecretValue, and kms:Decrypt of its key"
    )]
    Denied,
    /// No answer, or none that could be read.
    #[error(
        "cannot be had: Secrets Manager does not answer; look at network, region and credentials"
    )]
    Unreachable,
    /// Another refusal, by its code.
    #[error("cannot be had: Secrets Manager says {0}")]
    Refused(String),
    /// Expected an object of texts.
    #[error("is no JSON object of texts: expected {{\"NAME_OF_A_VARIABLE\": \"value\"}}")]
    NotAnObject,
    /// A key that names no variable; it is not repeated, because it may be a value in the wrong place.
    #[error("has a key that is not one of: {}", known())]
    UnknownKey,
    /// Another secret fills the same variable.
    #[error("fills {0}, as another secret does")]
    Twice(&'static str),
}

impl fmt::Display for SecretsError {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        for (index, (name, trouble)) in self.0.iter().enumerate() {
            let joint = if index > 0 { "; " } else { "" };
            write!(f, "{joint}the secret {name} {trouble}")?;
        }
        Ok(())
    }
}

impl std::error::Error for SecretsError {}

impl Trouble {
    pub(super) fn of(error: &SdkError<GetSecretValueError>) -> Self {
        match error.code() {
            Some("ResourceNotFoundException") => Self::Missing,
            Some("AccessDeniedException" | "DecryptionFailure") => Self::Denied,
            Some(code) => Self::Refused(code.to_owned()),
            None => Self::Unreachable,
        }
    }
}

fn known() -> String {
    let secrets = settings::Secret::ALL.iter();
    let known: Vec<&str> = secrets
        .flat_map(|secret| secret.variables())
        .copied()
        .collect();
    known.join(", ")
}
