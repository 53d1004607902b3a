//! Writes on a condition, which fails if somebody else was first.

use super::error::StoreError;
use aws_sdk_dynamodb::{
    config::http::HttpResponse,
    error::{ProvideErrorMetadata, SdkError},
};

/// What a write answered; `None` if its condition did not hold, so that nothing was written.
pub(super) fn unless_raced<T, E: ProvideErrorMetadata>(
    sent: Result<T, SdkError<E, HttpResponse>>,
) -> Result<Option<T>, StoreError> {
    match sent {
        Ok(written) => Ok(Some(written)),
        Err(error) if error.code() == Some("ConditionalCheckFailedException") => Ok(None),
        Err(error) => Err(error.into()),
    }
}
