//! The bodies of the API, of the tools and of the Model Context Protocol, at the functions as they are: every
//! request is answered, with no fault of the server's, and no error repeats a patient's number.

use super::repeats_no_number;
use crate::meter::{API_KEY, Metered};
use axum::{Router, body::Body};
use call::{Policy, time::Timestamp};
use http::{Request, header};
use serde_json::Value;
use std::cell::RefCell;
use tokio::runtime::{Builder, Runtime};
use tower::ServiceExt;

/// Requests after which the functions begin anew with an empty table.
const REQUESTS_MAX: u32 = 2_000;

/// Where a body may be sent to.
const DOORS: [(&str, &str); 13] = [
    ("POST", "/api/outbound-call"),
    ("POST", "/api/opt-outs"),
    ("POST", "/api/dnd-list"),
    ("POST", "/api/complaints"),
    ("POST", "/api/campaigns"),
    (
        "PUT",
        "/api/campaigns/00000000-0000-0000-0000-000000000000/plan",
    ),
    (
        "PUT",
        "/api/campaigns/00000000-0000-0000-0000-000000000000/file",
    ),
    ("POST", "/api/events/replay"),
    ("POST", "/api/dialling/pause"),
    ("POST", "/api/knowlarity/webhook"),
    ("POST", "/api/tools/save_patient_data"),
    ("POST", "/api/tools/save_conversation_summary"),
    ("PUT", "/api/patients/p1/hold"),
];

thread_local! {
    static FUNCTIONS: RefCell<Option<Functions>> = const { RefCell::new(None) };
}

struct Functions {
    runtime: Runtime,
    router: Router,
    token: String,
    asked: u32,
}

impl Functions {
    fn new() -> Self {
        let runtime = Builder::new_current_thread().enable_all().build();
        let runtime = runtime.expect("a runtime");
        let metered = runtime.block_on(Metered::start(Policy::default()));
        let talk = access::Talk {
            call: call::ids::CallId::from_bytes([7; 16]),
            attempt: 1,
            conversation: 1,
        };
        let until = Timestamp::from_millis(4_000_000_000_000);
        Self {
            token: metered.app.tokens.answer_token(talk, until),
            router: functions::router(metered.app),
            runtime,
            asked: 0,
        }
    }

    fn ask(&mut self, (method, path): (&str, &str), body: &[u8]) {
        let is_tool = path.starts_with("/api/tools") || path == "/mcp";
        let request = Request::builder()
            .method(method)
            .uri(path)
            .header(header::CONTENT_TYPE, "application/json")
            .header(header::ACCEPT, "application/json, text/event-stream");
        let request = if is_tool {
            request.header(header::AUTHORIZATION, format!("Bearer {}", self.token))
        } else {
            request.header("x-api-key", API_KEY)
        };
        let request = request.body(Body::from(body.to_vec())).expect("a request");
        let answered = async {
            let answer = self.router.clone().oneshot(request).await;
            let answer = answer.expect("a router never fails");
            let status = answer.status();
            let body = axum::body::to_bytes(answer.into_body(), 1_000_000).await;
            (status, body.expect("an answer has an end"))
        };
        let (status, answer) = self.runtime.block_on(answered);
        assert!(!status.is_server_error(), "{method} {path}: {status}");
        if status.is_client_error() {
            let (sent, answer) = (
                String::from_utf8_lossy(body),
                String::from_utf8_lossy(&answer),
            );
            repeats_no_number(&sent, &without_field(&answer));
        }
        self.asked += 1;
    }
}

/// An error without the name of the field that it is about, which the client chose.
fn without_field(error: &str) -> String {
    let answer: Value = serde_json::from_str(error).unwrap_or_default();
    match answer["field"].as_str() {
        Some(field) if !field.is_empty() => error.replace(field, ""),
        _ => error.to_owned(),
    }
}

fn ask(door: (&str, &str), body: &[u8]) {
    FUNCTIONS.with_borrow_mut(|functions| {
        let functions = functions.get_or_insert_with(Functions::new);
        if functions.asked >= REQUESTS_MAX {
            *functions = Functions::new();
        }
        functions.ask(door, body);
    });
}

/// A body at one of the API's doors, which the first byte chooses.
pub(super) fn request(bytes: &[u8]) {
    if let Some((door, body)) = bytes.split_first() {
        ask(DOORS[usize::from(*door) % DOORS.len()], body);
    }
}

/// A message of the Model Context Protocol, as the agent sends it.
pub(super) fn mcp(bytes: &[u8]) {
    ask(("POST", "/mcp"), bytes);
}
