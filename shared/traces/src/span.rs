//! Something that took its time in a call.

use call::{
    CallSession,
    ids::CallId,
    time::Timestamp,
    trace::{SpanId, TraceContext},
};

/// On which side of a conversation between processes a span stands.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Kind {
    Internal,
    Server,
    Client,
}

/// What a span says of itself. Nothing that a patient brings fits in.
#[derive(Clone, Copy, Debug, PartialEq, Eq)]
pub(crate) enum Value {
    Word(&'static str),
    Number(i64),
}

/// Something that took its time in a call, from its beginning on.
#[derive(Clone, Debug, PartialEq, Eq)]
pub struct Span {
    pub(crate) call: CallId,
    pub(crate) context: TraceContext,
    pub(crate) parent: Option<SpanId>,
    pub(crate) name: &'static str,
    pub(crate) kind: Kind,
    pub(crate) began: Timestamp,
    pub(crate) said: Vec<(&'static str, Value)>,
    pub(crate) fault: Option<&'static str>,
}

impl Span {
    /// The request that a call began with. All other spans of the call hang on it; it hangs on what the CRM
    /// said, if it said anything.
    #[must_use]
    pub fn root(call: &CallSession, name: &'static str, began: Timestamp) -> Self {
        let parent = call.caller_trace.map(|caller| caller.span);
        Self::new(call, call.root_span(), parent, name, began).server()
    }

    /// Something that concerns the whole call.
    #[must_use]
    pub fn of_call(call: &CallSession, name: &'static str, began: Timestamp) -> Self {
        let root = call.root_span();
        Self::new(call, drawn(root), Some(root.span), name, began)
    }

    /// One attempt, as a whole.
    #[must_use]
    pub fn attempt(call: &CallSession, attempt: u8, began: Timestamp) -> Self {
        let (root, own) = (call.root_span(), call.attempt_span(attempt));
        let span = Self::new(call, own, Some(root.span), "attempt", began);
        span.number("call.attempt", attempt)
    }

    /// Something that happens in one attempt.
    #[must_use]
    pub fn of_attempt(
        call: &CallSession,
        attempt: u8,
        name: &'static str,
        began: Timestamp,
    ) -> Self {
        let whole = call.attempt_span(attempt);
        let span = Self::new(call, drawn(whole), Some(whole.span), name, began);
        span.number("call.attempt", attempt)
    }

    /// Something that happens within this span.
    #[must_use]
    pub fn within(&self, name: &'static str, began: Timestamp) -> Self {
        Self {
            context: drawn(self.context),
            parent: Some(self.context.span),
            name,
            kind: Kind::Internal,
            began,
            said: Vec::new(),
            fault: None,
            ..*self
        }
    }

    fn new(
        call: &CallSession,
        context: TraceContext,
        parent: Option<SpanId>,
        name: &'static str,
        began: Timestamp,
    ) -> Self {
        Self {
            call: call.id,
            context,
            parent,
            name,
            kind: Kind::Internal,
            began,
            said: Vec::new(),
            fault: None,
        }
    }

    /// It answers a request of another process.
    #[must_use]
    pub fn server(mut self) -> Self {
        self.kind = Kind::Server;
        self
    }

    /// It asks another process.
    #[must_use]
    pub fn client(mut self) -> Self {
        self.kind = Kind::Client;
        self
    }

    /// Says a word of our own, by a name of the semantic conventions or one that begins with `call.`.
    #[must_use]
    pub fn word(mut self, name: &'static str, word: &'static str) -> Self {
        self.said.push((name, Value::Word(word)));
        self
    }

    /// Says a number, by such a name.
    #[must_use]
    pub fn number(mut self, name: &'static str, number: impl Into<i64>) -> Self {
        self.said.push((name, Value::Number(number.into())));
        self
    }

    /// It failed, for a reason in a word.
    #[must_use]
    pub fn failed(mut self, because: &'static str) -> Self {
        self.fault = Some(because);
        self
    }

    /// Its own place in the trace.
    #[must_use]
    pub fn context(&self) -> TraceContext {
        self.context
    }
}

/// A place of its own in the same trace.
fn drawn(near: TraceContext) -> TraceContext {
    let mut bytes = [0; 8];
    aws_lc_rs::rand::fill(&mut bytes).expect("the machine has a source of randomness");
    let id = u64::from_ne_bytes(bytes).max(1);
    TraceContext {
        span: SpanId(id.to_ne_bytes()),
        ..near
    }
}
