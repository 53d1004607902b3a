//! What can go wrong between us and DynamoDB.

use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// Why a request to the store failed. A lost race is not among these: see `Commit::Stale`.
#[derive(Debug, thiserror::Error)]
pub enum StoreError {
    /// DynamoDB is throttling, down, or did not answer: the same request may succeed later, and
    /// a write may have happened all the same.
    #[error("the store is unavailable: {code}")]
    Unavailable {
        /// DynamoDB's error code, or what the SDK says of the transport.
        code: String,
    },
    /// DynamoDB refused the request: wrong permissions, a missing table, or a fault of ours.
    #[error("the store refused the request: {code}")]
    Refused {
        /// DynamoDB's error code.
        code: String,
    },
    /// A stored item does not read as what its key says it is.
    #[error("a stored item cannot be read")]
    Unreadable(#[source] serde_dynamo::Error),
}

impl StoreError {
    /// Other writers won every round: the same request may succeed later.
    #[must_use]
    pub(super) fn contended() -> Self {
        Self::Unavailable {
            code: "contended".to_owned(),
        }
    }

    /// Whether the same request may succeed later.
    #[must_use]
    pub fn is_transient(&self) -> bool {
        match self {
            Self::Unavailable { .. } => true,
            Self::Refused { .. } | Self::Unreadable(_) => false,
        }
    }
}

/// Codes by which DynamoDB asks for patience.
const TRANSIENT: [&str; 8] = [
    "InternalServerError",
    "LimitExceededException",
    "ProvisionedThroughputExceededException",
    "RequestLimitExceeded",
    "ServiceUnavailable",
    "ThrottlingException",
    "TransactionConflictException",
    "TransactionInProgressException",
];

impl<E: ProvideErrorMetadata> From<SdkError<E, HttpResponse>> for StoreError {
    fn from(error: SdkError<E, HttpResponse>) -> Self {
        let SdkError::ServiceError(service) = &error else {
            return Self::Unavailable {
                code: transport(&error).to_owned(),
            };
        };
        let code = service.err().code().unwrap_or("unknown").to_owned();
        let is_outage = service.raw().status().is_server_error();
        if is_outage || TRANSIENT.contains(&code.as_str()) {
            Self::Unavailable { code }
        } else {
            Self::Refused { code }
        }
    }
}

fn transport<E, R>(error: &SdkError<E, R>) -> &'static str {
    if matches!(error, SdkError::TimeoutError(_)) {
        "no answer in time"
    } else if matches!(error, SdkError::DispatchFailure(_)) {
        "no connection"
    } else {
        "no readable answer"
    }
}

impl From<serde_dynamo::Error> for StoreError {
    fn from(error: serde_dynamo::Error) -> Self {
        Self::Unreadable(error)
    }
}
