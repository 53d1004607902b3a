//! Everything that goes wrong, as the client is told it.

#[cfg(doc)]
use super::BODY_BYTES_MAX;
use super::{
    Violation,
    problem::{ErrorObject, Problem},
};
use access::BadToken;
use axum::response::{IntoResponse, Response};
use call::{CallState, ids::CallId};
use http::{
    StatusCode,
    header::{ACCEPT_RANGES, CONTENT_RANGE, RETRY_AFTER, WWW_AUTHENTICATE},
};
use knowlarity::report::Unreadable;
use recordings::StorageError;
use std::{fmt, time::Duration};
use store::{StoreError, calls::ApplyError};

/// What a client is told to wait when the store does not answer (5 s): throttling and failovers
/// of DynamoDB pass within seconds.
const STORE_RETRY_AFTER: Duration = Duration::from_secs(5);

/// Everything a client can be told instead of what it asked for. `Display` is the message that
/// the client reads, so no variant carries detail of ours.
#[derive(Debug, thiserror::Error)]
pub(crate) enum ApiError {
    /// 400: the bytes are not text.
    #[error("the body is not valid UTF-8")]
    NotUtf8,
    /// 400: the text is not JSON.
    #[error("the body is not valid JSON (line {line}, column {column})")]
    NotJson {
        /// Line of the first fault, from 1.
        line: usize,
        /// Column of the first fault, from 1.
        column: usize,
    },
    /// 401: no credential, or one that is not known.
    #[error("a valid API key is required, as Authorization: Bearer or X-API-Key")]
    Unauthorized,
    /// 401: the webhook's path lacks the configured secret.
    #[error("the webhook address is not valid")]
    WrongSecret,
    /// 401: the post-call webhook lacks the platform's signature.
    #[error("the webhook's signature is missing or not valid")]
    Unsigned,
    /// 401: the agent's request lacks the token of its call.
    #[error("the answer token of a call is required, as Authorization")]
    NoAnswerToken,
    /// 401: a session token that was not made here, or does not hold any more.
    #[error("the session token {0}")]
    BadSessionToken(BadToken),
    /// 401: an answer token that was not made here, or does not hold any more.
    #[error("the answer token {0}")]
    BadAnswerToken(BadToken),
    /// 403: the session token of another call.
    #[error("the session token is of another call")]
    OtherSession,
    /// 403: a known credential that does not reach this far.
    #[error("this credential does not allow the request")]
    Forbidden,
    /// 404: no call has this id.
    #[error("there is no such call session")]
    NoSuchCall,
    /// 404: the number is not on the list of opt-outs.
    #[error("the number is not on the list")]
    NoSuchOptOut,
    /// 404: no call names this patient.
    #[error("there is no such patient")]
    NoSuchPatient,
    /// 404: no campaign has this id.
    #[error("there is no such campaign")]
    NoSuchCampaign,
    /// 404: nothing was recorded of the call, or it is erased.
    #[error("there is no recording of this call")]
    NoSuchRecording,
    /// 404: no route has this path.
    #[error("there is no such route")]
    NoSuchRoute,
    /// 405: the path exists, with other methods.
    #[error("this route does not take the method; see the Allow header")]
    MethodNotAllowed,
    /// 405: the MCP server sends nothing by itself, so there is no stream to open.
    #[error("the server opens no stream; send POST")]
    NoStream,
    /// 409: one number, one call.
    #[error("the number has a live call already")]
    PhoneBusy(CallId),
    /// 409: the number is on the list of opt-outs.
    #[error("the number wants no calls")]
    OptedOut,
    /// 409: the call reached another end before it could be cancelled.
    #[error("the call has ended already")]
    Ended { id: CallId, state: CallState },
    /// 409: a command that the campaign does not take as it stands; it says why.
    #[error("{0}")]
    CampaignState(campaign::Rejection),
    /// 409: a file is imported when all of its parts are there; the numbers of those that are not.
    #[error("parts of the file are missing; missing names them")]
    PartsMissing(Vec<u16>),
    /// 409: a part was sent before, with other bytes.
    #[error("another content was sent for this part: make another campaign for another file")]
    PartChanged,
    /// 409: the parts hold more or fewer bytes than the file was said to have.
    #[error("the parts have {0} bytes together, and the file was announced with another size")]
    FileDiffers(u64),
    /// 409: what is recorded may still grow.
    #[error("the call is still being recorded")]
    RecordingPending,
    /// 416: the range is outside of the recording.
    #[error("the recording has {0} bytes, and the range is outside of them")]
    NoSuchRange(u64),
    /// 400: the whole recording is more than one answer holds.
    #[error("the recording has {0} bytes, more than one answer holds: ask for them by Range")]
    RangeRequired(u64),
    /// 412: somebody changed it since the client read it.
    #[error("the campaign has changed since: read it again, and send the change with its new ETag")]
    Stale,
    /// 428: a change that must say what it was decided on.
    #[error("the header If-Match is required, with the ETag of the campaign as it was read")]
    NoIfMatch,
    /// 413: more than this many bytes, most often [`BODY_BYTES_MAX`].
    #[error("the body is larger than {0} bytes")]
    TooLarge(usize),
    /// 415: another content type than JSON.
    #[error("the content type must be application/json")]
    ContentType,
    /// 415: another content type than that of plain bytes.
    #[error("the content type must be application/octet-stream")]
    NoOctets,
    /// 422: a request key stands for one request.
    #[error("this Idempotency-Key was used for another request")]
    KeyReused,
    /// 422: the call was made and has failed already; the answer says more than this.
    #[error("the call has failed; cause says why")]
    CallFailed,
    /// 422: readable, but a value breaks a rule.
    #[error(transparent)]
    Invalid(#[from] Violation),
    /// 429: the key made all the requests it may make for a while.
    #[error("too many requests with this API key")]
    RateLimited {
        /// When the next minute begins.
        retry_after: Duration,
    },
    /// 503: the store does not answer; the same request may succeed later.
    #[error("the service is briefly unavailable")]
    Unavailable,
    /// 500: a fault of ours, logged where it was found.
    #[error("the request could not be served")]
    Internal,
}

impl ApiError {
    /// Says that the field, header or parameter `name` should have been `expected`.
    pub(crate) fn invalid(name: &str, expected: impl fmt::Display) -> Self {
        Self::Invalid(Violation::new(name, expected))
    }

    pub(crate) fn status(&self) -> StatusCode {
        match self {
            Self::NotUtf8 | Self::NotJson { .. } | Self::RangeRequired(_) => {
                StatusCode::BAD_REQUEST
            }
            Self::Unauthorized
            | Self::WrongSecret
            | Self::Unsigned
            | Self::NoAnswerToken
            | Self::BadSessionToken(_)
            | Self::BadAnswerToken(_) => StatusCode::UNAUTHORIZED,
            Self::Forbidden | Self::OtherSession => StatusCode::FORBIDDEN,
            Self::NoSuchCall
            | Self::NoSuchOptOut
            | Self::NoSuchPatient
            | Self::NoSuchCampaign
            | Self::NoSuchRecording
            | Self::NoSuchRoute => StatusCode::NOT_FOUND,
            Self::MethodNotAllowed | Self::NoStream => StatusCode::METHOD_NOT_ALLOWED,
            Self::PhoneBusy(_)
            | Self::OptedOut
            | Self::Ended { .. }
            | Self::CampaignState(_)
            | Self::PartsMissing(_)
            | Self::PartChanged
            | Self::FileDiffers(_)
            | Self::RecordingPending => StatusCode::CONFLICT,
            Self::NoSuchRange(_) => StatusCode::RANGE_NOT_SATISFIABLE,
            Self::Stale => StatusCode::PRECONDITION_FAILED,
            Self::NoIfMatch => StatusCode::PRECONDITION_REQUIRED,
            Self::TooLarge(_) => StatusCode::PAYLOAD_TOO_LARGE,
            Self::ContentType | Self::NoOctets => StatusCode::UNSUPPORTED_MEDIA_TYPE,
            Self::Invalid(_) | Self::KeyReused | Self::CallFailed => {
                StatusCode::UNPROCESSABLE_ENTITY
            }
            Self::RateLimited { .. } => StatusCode::TOO_MANY_REQUESTS,
            Self::Unavailable => StatusCode::SERVICE_UNAVAILABLE,
            Self::Internal => StatusCode::INTERNAL_SERVER_ERROR,
        }
    }

    /// The error as problem details.
    pub(crate) fn problem(&self) -> Problem {
        Problem::new(self.status(), self.object())
    }

    /// The name that client code may rely on.
    pub(crate) fn code(&self) -> &'static str {
        match self {
            Self::NotUtf8 => "invalid_utf8",
            Self::NotJson { .. } => "invalid_json",
            Self::Unauthorized
            | Self::WrongSecret
            | Self::Unsigned
            | Self::NoAnswerToken
            | Self::BadSessionToken(_)
            | Self::BadAnswerToken(_) => "unauthorized",
            Self::Forbidden | Self::OtherSession => "forbidden",
            Self::NoSuchCall => "no_such_call",
            Self::NoSuchOptOut => "no_such_opt_out",
            Self::NoSuchPatient => "no_such_patient",
            Self::NoSuchCampaign => "no_such_campaign",
            Self::NoSuchRecording => "no_such_recording",
            Self::RecordingPending => "recording_pending",
            Self::NoSuchRange(_) => "no_such_range",
            Self::RangeRequired(_) => "range_required",
            Self::NoSuchRoute => "no_such_route",
            Self::MethodNotAllowed => "method_not_allowed",
            Self::NoStream => "no_stream",
            Self::PhoneBusy(_) => "phone_busy",
            Self::OptedOut => "opted_out",
            Self::KeyReused => "idempotency_key_reused",
            Self::Ended { .. } => "already_ended",
            Self::CampaignState(_) => "campaign_state",
            Self::PartsMissing(_) => "parts_missing",
            Self::PartChanged => "part_changed",
            Self::FileDiffers(_) => "file_differs",
            Self::Stale => "changed_meanwhile",
            Self::NoIfMatch => "if_match_required",
            Self::TooLarge(_) => "body_too_large",
            Self::ContentType | Self::NoOctets => "unsupported_content_type",
            Self::CallFailed => "call_failed",
            Self::Invalid(_) => "invalid_field",
            Self::RateLimited { .. } => "rate_limited",
            Self::Unavailable => "unavailable",
            Self::Internal => "internal",
        }
    }

    /// The object that clients were answered with before problem details, and are still.
    pub(crate) fn object(&self) -> ErrorObject {
        let mut error = ErrorObject::new(self.code(), self.to_string());
        if let Self::Invalid(violation) = self {
            error.field = Some(violation.field.clone());
        }
        if let Self::PhoneBusy(id) | Self::Ended { id, .. } = self {
            error.session_id = Some(*id);
        }
        if let Self::Ended { state, .. } = self {
            error.status = Some(*state);
        }
        if let Self::PartsMissing(parts) = self {
            error.missing = Some(parts.clone());
        }
        error
    }

    fn retry_after(&self) -> Option<Duration> {
        if let Self::RateLimited { retry_after } = self {
            return Some(*retry_after);
        }
        matches!(self, Self::Unavailable).then_some(STORE_RETRY_AFTER)
    }
}

impl IntoResponse for ApiError {
    fn into_response(self) -> Response {
        let mut response = self.problem().into_response();
        let headers = response.headers_mut();
        if let Some(wait) = self.retry_after() {
            headers.insert(RETRY_AFTER, wait.as_secs().max(1).into());
        }
        if let Self::NoSuchRange(bytes) | Self::RangeRequired(bytes) = self {
            headers.insert(ACCEPT_RANGES, http::HeaderValue::from_static("bytes"));
            let whole = http::HeaderValue::try_from(format!("bytes */{bytes}"));
            headers.extend(whole.ok().map(|whole| (CONTENT_RANGE, whole)));
        }
        if self.status() == StatusCode::UNAUTHORIZED {
            headers.insert(WWW_AUTHENTICATE, http::HeaderValue::from_static("Bearer"));
        }
        response
    }
}

impl From<StoreError> for ApiError {
    fn from(error: StoreError) -> Self {
        if error.is_transient() {
            tracing::warn!(%error, "store unavailable");
            Self::Unavailable
        } else {
            tracing::error!(%error, "store request failed");
            Self::Internal
        }
    }
}

impl From<StorageError> for ApiError {
    fn from(error: StorageError) -> Self {
        tracing::warn!(
            error = &error as &dyn std::error::Error,
            "the storage of recordings is away"
        );
        Self::Unavailable
    }
}

impl From<ApplyError> for ApiError {
    fn from(error: ApplyError) -> Self {
        match error {
            ApplyError::Store(error) => error.into(),
            ApplyError::Contended => {
                tracing::warn!(%error, "commit lost every race");
                Self::Unavailable
            }
        }
    }
}

impl From<Unreadable> for ApiError {
    fn from(error: Unreadable) -> Self {
        match error {
            Unreadable::NotJson { line, column } => Self::NotJson { line, column },
            Unreadable::NoObject => Violation::new("body", "a JSON object").into(),
        }
    }
}
