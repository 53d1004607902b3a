//! Campaigns: nobody is dialled but while one runs and within its hours, each row is where its call is,
//! and all of them end.

use super::{
    super::history::{Campaign, Fact, Row, Version},
    Judged, Seen,
};
use call::{AttemptState, CallState, ids::CallId, policy::SEND_TIMEOUT};
use campaign::{CampaignId, RowState, State};
use std::collections::{BTreeMap, BTreeSet};

/// A call whose right to dial is stored belongs to a campaign that runs as stored at that moment.
pub(super) fn dials_leave_while_it_runs(judged: &Judged) -> Seen {
    let mut states: BTreeMap<CampaignId, State> = BTreeMap::new();
    let mut dispatched: BTreeSet<(CallId, u8)> = BTreeSet::new();
    for entry in judged.entries {
        if let Fact::Campaign(Campaign { id, state, .. }) = &entry.fact {
            states.insert(*id, *state);
        }
        let Fact::Session(version) = &entry.fact else {
            continue;
        };
        let (Some((id, ..)), Some(attempt)) = (version.of, &version.attempt) else {
            continue;
        };
        let place = (version.call, attempt.number);
        if attempt.state != AttemptState::Dispatched {
            // An attempt that proved not to have been sent may leave again.
            dispatched.remove(&place);
            continue;
        }
        if dispatched.insert(place) && states.get(&id) != Some(&State::Running) {
            let (call, state, at) = (version.call, states.get(&id), entry.at);
            return Err(format!("{call} leaves at {at}, its campaign is {state:?}"));
        }
    }
    Ok(())
}

/// Whoever took the right to send before the answer may use it for a moment.
pub(super) fn nobody_is_dialled_after_a_pause(judged: &Judged) -> Seen {
    let of = calls_of(judged);
    let mut stopped = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Stopped(id) = &entry.fact {
            stopped.entry(*id).or_insert(entry.at);
        }
        if let Fact::GoesOn(id) = &entry.fact {
            stopped.remove(id);
        }
        let Fact::Dial(dial) = &entry.fact else {
            continue;
        };
        let since = of.get(&dial.call).and_then(|id| stopped.get(id));
        if since.is_some_and(|since| entry.at > *since + SEND_TIMEOUT) {
            return Err(format!("{} is dialled at {}", dial.call, entry.at));
        }
    }
    Ok(())
}

pub(super) fn phones_ring_within_hours(judged: &Judged) -> Seen {
    let of = calls_of(judged);
    let mut windows = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Campaign(campaign) = &entry.fact {
            windows.insert(campaign.id, &campaign.window);
        }
        let Fact::Dial(dial) = &entry.fact else {
            continue;
        };
        let window = of.get(&dial.call).and_then(|id| windows.get(id));
        let (early, late) = (entry.at - judged.skew, entry.at + judged.skew);
        if window.is_some_and(|window| !window.admits(early) && !window.admits(late)) {
            return Err(format!("{} is dialled at {}", dial.call, entry.at));
        }
    }
    Ok(())
}

pub(super) fn live_calls_stay_within_its_plan(judged: &Judged) -> Seen {
    let mut most = BTreeMap::new();
    let mut live: BTreeMap<CampaignId, BTreeSet<CallId>> = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Campaign(campaign) = &entry.fact {
            most.insert(campaign.id, campaign.concurrency as usize);
        }
        let Fact::Session(Version {
            of: Some((id, ..)),
            call,
            state,
            ..
        }) = &entry.fact
        else {
            continue;
        };
        let live = live.entry(*id).or_default();
        if state.holds_channel() {
            live.insert(*call);
        } else {
            live.remove(call);
        }
        if most.get(id).is_some_and(|most| live.len() > *most) {
            let at = entry.at;
            return Err(format!("{} calls of {id} are live at {at}", live.len()));
        }
    }
    Ok(())
}

/// The budget of a call is that of its row, which the call keeps; so a row has as many calls as rounds.
pub(super) fn one_call_a_round(judged: &Judged) -> Seen {
    let mut calls: BTreeMap<(CampaignId, u32, u64), CallId> = BTreeMap::new();
    for (at, row) in rows(judged) {
        let Some(call) = row.call.filter(|_| row.state == RowState::Dialling) else {
            continue;
        };
        let first = calls
            .entry((row.campaign, row.number, row.round))
            .or_insert(call);
        if *first != call {
            return Err(format!("{row:?} had {first} before, at {at}"));
        }
    }
    Ok(())
}

pub(super) fn every_row_ends(judged: &Judged) -> Seen {
    let mut found: BTreeMap<CampaignId, u32> = BTreeMap::new();
    for row in last_rows(judged) {
        *found.entry(row.campaign).or_default() += 1;
        if !row.state.is_over() {
            return Err(format!("{row:?} in the end"));
        }
    }
    for entry in judged.entries {
        if let Fact::Imported(id, rows) = &entry.fact
            && found.get(id).is_some_and(|found| found != rows)
        {
            return Err(format!("{id} has {:?} rows of {rows}", found.get(id)));
        }
    }
    let over = |campaign: &&Campaign| campaign.state.is_over();
    let open = campaigns(judged).into_values().find(|it| !over(it));
    open.map_or(Ok(()), |open| Err(format!("{open:?} in the end")))
}

/// Somebody was talked to in a row's call exactly if the row says so, unless the number wants no more.
pub(super) fn rows_are_true(judged: &Judged) -> Seen {
    for row in last_rows(judged) {
        let call = row.call.and_then(|call| judged.calls.get(&call));
        let Some(call) = call.filter(|_| row.state != RowState::OptedOut) else {
            continue;
        };
        let is_reached = row.state == RowState::Reached;
        if is_reached != (call.state == CallState::Completed) {
            return Err(format!("{row:?}, its call is {}", call.state));
        }
    }
    Ok(())
}

pub(super) fn counts_are_the_rows(judged: &Judged) -> Seen {
    let mut counts: BTreeMap<(CampaignId, RowState), i64> = BTreeMap::new();
    for entry in judged.entries {
        if let Fact::Counts(id, state, count) = &entry.fact {
            *counts.entry((*id, *state)).or_default() += count;
        }
    }
    for row in last_rows(judged) {
        *counts.entry((row.campaign, row.state)).or_default() -= 1;
    }
    let off = counts.into_iter().find(|(_, off)| *off != 0);
    off.map_or(Ok(()), |((id, state), off)| {
        Err(format!("{id} counts {off} too many that are {state:?}"))
    })
}

pub(super) fn no_place_is_left(judged: &Judged) -> Seen {
    let left = judged.entries.iter().find_map(|entry| {
        let Fact::Places(id, live) = &entry.fact else {
            return None;
        };
        (*live != 0).then_some((id, live))
    });
    left.map_or(Ok(()), |(id, live)| {
        Err(format!("{id} has {live} live calls in the end"))
    })
}

/// The campaign of each call that has one.
fn calls_of(judged: &Judged) -> BTreeMap<CallId, CampaignId> {
    let of = |version: &&Version| Some((version.call, version.of?.0));
    judged.calls.values().filter_map(of).collect()
}

/// The campaigns as they stand in the end.
fn campaigns<'a>(judged: &Judged<'a>) -> BTreeMap<CampaignId, &'a Campaign> {
    let stored = judged.entries.iter().filter_map(|entry| {
        let Fact::Campaign(campaign) = &entry.fact else {
            return None;
        };
        Some((campaign.id, campaign))
    });
    stored.collect()
}

/// Every row that changed, as it stood then.
fn rows<'a>(judged: &Judged<'a>) -> impl Iterator<Item = (call::time::Timestamp, &'a Row)> {
    judged.entries.iter().filter_map(|entry| {
        let Fact::Row(row) = &entry.fact else {
            return None;
        };
        Some((entry.at, row))
    })
}

fn last_rows<'a>(judged: &Judged<'a>) -> impl Iterator<Item = &'a Row> {
    judged.entries.iter().filter_map(|entry| {
        let Fact::LastRow(row) = &entry.fact else {
            return None;
        };
        Some(row)
    })
}
