//! Every error once, with what to do about it.

use super::{ApiError, BODY_BYTES_MAX, Violation};
use access::BadToken;
use call::{CallState, ids::CallId};
use std::time::Duration;

impl ApiError {
    /// One error of each code.
    pub(crate) fn known() -> Vec<Self> {
        let id = CallId::from_bytes([7; 16]);
        vec![
            Self::NotUtf8,
            Self::NotJson { line: 1, column: 2 },
            Self::Unauthorized,
            Self::Forbidden,
            Self::NoSuchCall,
            Self::NoSuchOptOut,
            Self::NoSuchPatient,
            Self::NoSuchCampaign,
            Self::NoSuchRecording,
            Self::NoSuchRoute,
            Self::MethodNotAllowed,
            Self::NoStream,
            Self::PhoneBusy(id),
            Self::OptedOut,
            Self::Ended {
                id,
                state: CallState::Completed,
            },
            Self::CampaignState(campaign::Rejection::NotImported(campaign::State::Draft)),
            Self::PartsMissing(vec![2, 3]),
            Self::PartChanged,
            Self::FileDiffers(8_412),
            Self::RecordingPending,
            Self::NoSuchRange(1_280_058),
            Self::RangeRequired(5_760_058),
            Self::Stale,
            Self::NoIfMatch,
            Self::TooLarge(BODY_BYTES_MAX),
            Self::ContentType,
            Self::KeyReused,
            Self::CallFailed,
            Self::Invalid(Violation::new("patientData.phoneNumber", "a phone number")),
            Self::RateLimited {
                retry_after: Duration::from_secs(17),
            },
            Self::Unavailable,
            Self::Internal,
        ]
    }

    /// What whoever meets it does about it.
    pub(crate) fn remedy(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "Send the body as UTF-8.",
            Self::NotJson { .. } => {
                "Send JSON; detail says in which line and column it ends to be that."
            }
            Self::Unauthorized => {
                "Send a key that the operator of the service has given you, as X-API-Key or Authorization: Bearer."
            }
            Self::WrongSecret => {
                "Give the carrier the address with KNOWLARITY_WEBHOOK_SECRET in it."
            }
            Self::Unsigned => {
                "Set ELEVENLABS_WEBHOOK_SECRET to the secret of the webhook that the platform shows."
            }
            Self::NoAnswerToken | Self::BadAnswerToken(_) => {
                "Give the agent's tools the dynamic variable secret__answer_token as Authorization."
            }
            Self::BadSessionToken(BadToken::Expired) => "Read the call with an API key.",
            Self::BadSessionToken(_) => {
                "Send the token as the answer to the call's request gave it."
            }
            Self::OtherSession => "Send the token of this very call, or an API key.",
            Self::Forbidden => {
                "Ask the operator of the service for a key with the scope that the operation names."
            }
            Self::NoSuchCall => {
                "Check the id. A call whose patient was erased is not there any more."
            }
            Self::NoSuchOptOut => "The number may be called: it is not on the list.",
            Self::NoSuchPatient => {
                "Check the id, percent-encoded, as patientData.id of a call or the column of a campaign has it."
            }
            Self::NoSuchCampaign => "Check the id.",
            Self::NoSuchRecording => {
                "Nothing is there to listen to: the call's request did not consent (recordingConsent), nobody was heard, or it is erased. recording.state of the call says which."
            }
            Self::RecordingPending => {
                "Ask again when the call is over and recording.state is ready, half a minute later at most."
            }
            Self::NoSuchRange(_) => "Ask for bytes that are there: Content-Range says how many.",
            Self::RangeRequired(_) => {
                "Send Range: bytes=0-4194303, then go on where the answer's Content-Range ends."
            }
            Self::NoSuchRoute => "Check the path against the description of the API.",
            Self::MethodNotAllowed => "Use a method that the header Allow names.",
            Self::NoStream => "Send POST: the server sends nothing by itself.",
            Self::PhoneBusy(_) => {
                "Wait until the call that sessionId names has ended, or cancel it. A new request needs a new Idempotency-Key."
            }
            Self::OptedOut => {
                "Do not call the number. Who wants calls again is taken off the list with DELETE /api/opt-outs."
            }
            Self::Ended { .. } => {
                "Nothing is left to cancel: sessionId and status say how the call ended."
            }
            Self::CampaignState(_) => {
                "Read the campaign; detail says why it does not take this now."
            }
            Self::PartsMissing(_) => "Send the parts that missing names, then ask again.",
            Self::PartChanged => {
                "Make another campaign for another file, or announce it with PUT /api/campaigns/{id}/file."
            }
            Self::FileDiffers(_) => {
                "Announce the file with its right size, and send its parts again."
            }
            Self::Stale => {
                "Read the campaign again, and send the change with its new ETag in If-Match."
            }
            Self::NoIfMatch => "Send If-Match with the ETag of the campaign as it was read.",
            Self::TooLarge(_) => "Send less: 64 KiB, or 3 MB for a part of a file.",
            Self::ContentType => "Send Content-Type: application/json.",
            Self::NoOctets => "Send Content-Type: application/octet-stream.",
            Self::KeyReused => "Draw a new Idempotency-Key for another request.",
            Self::CallFailed => {
                "cause says why the call failed at once. Sending it again helps only if that is gone, and needs a new Idempotency-Key."
            }
            Self::Invalid(_) => {
                "Correct the field, header or parameter that field names; detail says what is expected."
            }
            Self::RateLimited { .. } => "Wait as many seconds as Retry-After says.",
            Self::Unavailable => {
                "Send the same request again, after Retry-After. Nothing was lost."
            }
            Self::Internal => {
                "Tell the operator of the service when it happened; the log says more."
            }
        }
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::collections::BTreeSet;

    #[test]
    fn each_code_is_known_once() {
        let known = ApiError::known();
        let codes: BTreeSet<_> = known.iter().map(ApiError::code).collect();
        assert_eq!(codes.len(), known.len());
        // Those that share a code with one that is listed.
        for error in [
            ApiError::WrongSecret,
            ApiError::Unsigned,
            ApiError::NoAnswerToken,
            ApiError::OtherSession,
            ApiError::NoOctets,
        ] {
            assert!(codes.contains(error.code()), "{error}");
        }
    }
}
