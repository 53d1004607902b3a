//! Reasons in English: those that the API gives, and what a vendor's trouble is.

use super::Reasons;
use call::dialling::{Cause, Held, Vendor};
use campaign::{Campaign, Reason, Wait};

pub(in crate::page::words) const ENGLISH: Reasons = Reasons {
    held,
    sentence: Campaign::sentence,
    wait,
    fault,
    same_as: "the same patient as row {row}: this row is not called; delete one of the two",
    opted_out: "this number wants no more calls and is not called; delete the row",
    listed: "this number is on the do-not-disturb list, so that no promotional call disturbs it; delete the row",
    file: |_| None,
    error: |_, error| error.to_string(),
};

fn wait(_: &Campaign, wait: Wait) -> String {
    wait.to_string()
}

fn fault(reason: Reason) -> String {
    format!("{}; {}", reason.says(), reason.remedy())
}

fn held(by: Held) -> String {
    let Held::Vendor(vendor, cause) = by else {
        return "an operator has paused all dials".to_owned();
    };
    let cannot = match vendor {
        Vendor::Carrier => "the carrier does not take calls",
        Vendor::Agent => "the AI agent cannot be had",
    };
    let because = match cause {
        Cause::Auth => "it refuses our key",
        Cause::Balance => "its account has no money left",
        Cause::Account => "its account or plan has ended or is suspended",
        Cause::Configuration => "it is set up wrongly",
        Cause::Quota => "its quota is used up",
        Cause::Burst => "it failed several times in a row",
    };
    format!("{cannot}: {because}")
}
