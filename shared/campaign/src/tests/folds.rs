//! A campaign, its rows and its hours, as time goes on.

use super::*;
use call::{CallingWindow, ids::CallId, time::Timestamp};
use std::time::Duration;

mod commands;
mod hours;
mod invariants;
mod rows;
mod waits;

/// 2026-11-30, a Monday, 10:00 in Kolkata.
const START: Timestamp = Timestamp::from_millis(1_796_013_000_000);

fn secs(secs: u64) -> Duration {
    Duration::from_secs(secs)
}

fn span(text: &str) -> CallingWindow {
    text.parse().unwrap()
}

fn at(text: &str) -> Timestamp {
    format!("{text}+05:30").parse().unwrap()
}

fn plan() -> Plan {
    Plan {
        class: Class::Service,
        hours: Hours::daily(span("09:00-19:00 Asia/Kolkata")),
        concurrency: 2,
        dials_per_minute: None,
        retries_max: 1,
        priority: 0,
        expires_at: START + secs(5 * 24 * 3_600),
        caller: None,
        recording_consent: false,
    }
}

fn draft() -> Campaign {
    let id = CampaignId::from_bytes([7; 16]);
    Campaign::create(id, "June", plan(), START).unwrap().next
}

fn tally(pending: u32) -> Tally {
    Tally {
        pending,
        ..Tally::default()
    }
}

#[track_caller]
fn after(campaign: &Campaign, events: &[Event]) -> Campaign {
    events.iter().fold(campaign.clone(), |campaign, event| {
        campaign.apply(event, START).unwrap().next
    })
}

/// A campaign of so many rows that runs.
fn running(rows: u32) -> Campaign {
    let imported = Event::Imported { tally: tally(rows) };
    after(&draft(), &[Event::ImportBegun, imported, Event::Started])
}

fn call_id(seed: u8) -> CallId {
    CallId::from_bytes([seed; 16])
}

/// The moment of the plan's end.
fn end() -> Timestamp {
    plan().expires_at
}
