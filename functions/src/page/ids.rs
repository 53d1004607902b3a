//! Ids as they stand in addresses.

use super::{error::PageError, words::Words};
use call::ids::CallId;
use campaign::CampaignId;

pub(super) fn call(words: &'static Words, text: &str) -> Result<CallId, PageError> {
    text.parse().map_err(|_| PageError::no_such_call(words))
}

pub(super) fn campaign(words: &'static Words, text: &str) -> Result<CampaignId, PageError> {
    let id = text.parse();
    id.map_err(|_| PageError::no_such_campaign(words))
}
