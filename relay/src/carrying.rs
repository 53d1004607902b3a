//! What a relay does for a call beside its audio: admit the stream, keep the record, know until
//! when the call may be carried. Open to whoever carries calls without sockets, as the simulation
//! does; [`crate::server`] is the way in for everybody else.

pub use crate::{
    admission::{Admission, Admissions, Claim, Identity},
    lease::Lease,
    recorder::{Failed, Recorder},
};
