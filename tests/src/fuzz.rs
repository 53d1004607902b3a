//! What is read of strangers, each with any bytes: it never panics, and what must hold of it is asserted.
//! `.ci/fuzz` looks for bytes that break it; what it found once stands in `tests/fuzz` and is tried with the tests.

mod agent;
mod api;
mod carrier;
mod range;
mod sheet;
mod tokens;

/// Reads any bytes in one way; panics if something does not hold.
pub type Target = fn(&[u8]);

/// All ways, by name; each has a folder of that name in `tests/fuzz`.
pub const TARGETS: [(&str, Target); 10] = [
    ("agent_message", agent::message),
    ("api", api::request),
    ("carrier_report", carrier::report),
    ("mcp", api::mcp),
    ("post_call", agent::post_call),
    ("range", range::read),
    ("sheet", sheet::rows),
    ("stream_path", carrier::path),
    ("stream_text", carrier::text),
    ("tokens", tokens::read),
];

/// The way of this name.
#[must_use]
pub fn target(name: &str) -> Option<Target> {
    let found = TARGETS.iter().find(|(own, _)| *own == name);
    found.map(|(_, target)| *target)
}

/// The digits of a telephone number, and no fewer: what no error may repeat.
const NUMBER_DIGITS: usize = 10;

/// The number that errors show as an example.
const EXAMPLE: &str = "911234567890";

/// Panics if an error repeats a run of digits of what was sent that is long enough for a patient's number.
fn repeats_no_number(sent: &str, error: &str) {
    let runs = error.split(|c: char| !c.is_ascii_digit());
    for run in runs.filter(|run| run.len() >= NUMBER_DIGITS && *run != EXAMPLE) {
        assert!(!sent.contains(run), "an error repeats a number: {error}");
    }
}
