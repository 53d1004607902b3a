//! `GET` and `DELETE /api/outbound-call/{sessionId}/recording`: what was recorded of a call, as a WAV file that
//! can be asked for in parts, and the end of the consent to it.
//!
//! Cost: one query over the call's partition, one list of the storage, and a request for each ten seconds of
//! sound that is sent. An erasure: the query and one transaction of two items.

use crate::{
    app::App,
    auth,
    described::{Routes, served},
    http::{ApiError, Named, named, unkept},
    record::{self, Recorded, RecordingState},
};
use access::Scope;
use axum::{
    Router,
    extract::State,
    http::{
        HeaderMap, HeaderName, HeaderValue, StatusCode,
        header::{
            ACCEPT_RANGES, CONTENT_DISPOSITION, CONTENT_RANGE, CONTENT_TYPE, ETAG, IF_RANGE, RANGE,
        },
    },
    response::{IntoResponse, Response},
};
use call::ids::CallId;
use recordings::{Asked, Wanted};
use std::{ops::Range, sync::Arc};
use store::CallRecord;
use utoipa_axum::routes;

pub const PATH: &str = "/api/outbound-call/{sessionId}/recording";

/// Most bytes of one answer (4 MiB, 4 minutes and 22 seconds): in Base64, as Lambda answers, it stays under
/// the 6 MB that API Gateway takes of it.
pub(crate) const ANSWER_BYTES_MAX: u64 = 4 * 1024 * 1024;

/// The router of the recording alone.
pub fn router(app: Arc<App>) -> Router {
    served(routes(), app)
}

pub(crate) fn routes() -> Routes {
    Routes::new().routes(routes!(listen, erase))
}

#[utoipa::path(
    get,
    path = PATH,
    operation_id = "getRecording",
    tag = "calls",
    summary = "Listen to a call",
    description = "A WAV file: 8 kHz, µ-law, the patient left and what the patient heard right. It can be asked for in parts, by the header `Range` (`bytes=0-4194303`); one answer has 4 MiB at most, and less may be answered than was asked for, as `Content-Range` says. Each answer is noted in the log with the name of the key.",
    params(("sessionId" = CallId, Path, description = "The call's id")),
    responses(
        (status = 200, description = "All of it", content_type = "audio/wav", body = Vec<u8>),
        (status = 206, description = "A part of it", content_type = "audio/wav", body = Vec<u8>,
            headers(("content-range" = String, description = "Which bytes, and how many there are"))),
        (status = 400, description = "range_required"),
        (status = 404, description = "no_such_call, no_such_recording"),
        (status = 409, description = "recording_pending"),
        (status = 416, description = "no_such_range"),
    ),
    security(("apiKey" = ["pii"])),
)]
async fn listen(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<Response, ApiError> {
    let by = &auth::key(&app, &headers, Scope::Pii)?.name;
    let record = record_of(&app, id).await?;
    answer(&app, &record, &headers, by).await
}

/// Withdraws the consent to record the call: nobody can listen any more, and what is stored is erased by the
/// sweep. An attempt that goes on is erased when it is over. Safe to repeat.
#[utoipa::path(
    delete,
    path = PATH,
    operation_id = "eraseRecording",
    tag = "calls",
    summary = "Erase the recording of a call",
    description = "Withdraws the consent: nobody can listen any more, nothing more is recorded, and what is stored is erased within minutes. Safe to repeat.",
    params(("sessionId" = CallId, Path, description = "The call's id")),
    responses(
        (status = 204, description = "It is erased, or about to be"),
        (status = 404, description = "no_such_call, no_such_recording"),
    ),
    security(("apiKey" = ["write"])),
)]
async fn erase(
    State(app): State<Arc<App>>,
    id: Named,
    headers: HeaderMap,
) -> Result<StatusCode, ApiError> {
    let by = &auth::key(&app, &headers, Scope::Write)?.name;
    let record = record_of(&app, id).await?;
    let id = record.session.id;
    if record.recording_erasure.is_none() {
        if !record.request.recording_consent {
            return Err(ApiError::NoSuchRecording);
        }
        app.calls
            .store
            .forget_recording(id, app.calls.now())
            .await?;
        tracing::info!(call_id = %id, %by, "consent to record withdrawn");
    }
    Ok(StatusCode::NO_CONTENT)
}

async fn record_of(app: &App, id: Named) -> Result<CallRecord, ApiError> {
    record::load(app, named(id).ok_or(ApiError::NoSuchCall)?).await
}

/// What the headers of a request ask for of a call's recording; `by` whom, the log says.
pub(crate) async fn answer(
    app: &App,
    record: &CallRecord,
    headers: &HeaderMap,
    by: &str,
) -> Result<Response, ApiError> {
    let Recorded { state, sound } = Recorded::of(app, record).await?;
    let recordings = app.recordings.as_ref().ok_or(ApiError::NoSuchRecording)?;
    if sound.parts().is_empty() {
        return Err(refusal(state));
    }
    let len = sound.file_bytes();
    // It grows with each attempt and never changes else.
    let version = format!("\"{len}\"");
    let text = |name: HeaderName| headers.get(name)?.to_str().ok();
    let is_same = text(IF_RANGE).is_none_or(|known| known == version);
    let range = text(RANGE).filter(|_| is_same);
    let (status, wanted) = match Asked::read(range).of_file(len, ANSWER_BYTES_MAX) {
        Wanted::Whole => (StatusCode::OK, 0..len),
        Wanted::Part(range) => (StatusCode::PARTIAL_CONTENT, range),
        Wanted::Outside => return Err(ApiError::NoSuchRange(len)),
        Wanted::TooMuch => return Err(ApiError::RangeRequired(len)),
    };
    let id = record.session.id;
    tracing::info!(call_id = %id, %by, from = wanted.start, to = wanted.end, "patient data revealed");
    let file = recordings.read(&sound, wanted.clone()).await?;
    let said = [
        (CONTENT_TYPE, "audio/wav".to_owned()),
        (ACCEPT_RANGES, "bytes".to_owned()),
        (ETAG, version),
        (
            CONTENT_DISPOSITION,
            format!("inline; filename=\"call-{id}.wav\""),
        ),
    ];
    let mut answer = unkept((status, said, file).into_response());
    if status == StatusCode::PARTIAL_CONTENT {
        let range = content_range(&wanted, len);
        answer.headers_mut().insert(CONTENT_RANGE, range);
    }
    Ok(answer)
}

/// What who wants to listen is told instead.
fn refusal(state: RecordingState) -> ApiError {
    match state {
        RecordingState::Pending => ApiError::RecordingPending,
        RecordingState::None | RecordingState::Ready | RecordingState::Erased => {
            ApiError::NoSuchRecording
        }
    }
}

fn content_range(wanted: &Range<u64>, len: u64) -> HeaderValue {
    let range = format!("bytes {}-{}/{len}", wanted.start, wanted.end - 1);
    HeaderValue::try_from(range).expect("digits are plain text")
}
