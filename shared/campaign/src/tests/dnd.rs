//! The do-not-disturb lists, as they are brought.

use super::*;
use call::time::Timestamp;
use std::time::Duration;

const WEEK: Duration = Duration::from_secs(7 * 24 * 60 * 60);

fn day(text: &str) -> Day {
    text.parse().unwrap()
}

/// By the clocks of India.
fn at(text: &str) -> Timestamp {
    format!("{text}:00+05:30").parse().unwrap()
}

fn page(as_of: &str, new: u32, is_last: bool) -> DndPage {
    DndPage {
        as_of: day(as_of),
        new,
        is_last,
        by: "crm".to_owned(),
    }
}

fn taken(lists: &DndLists, page: DndPage) -> DndLists {
    lists.take(page, at("2026-11-25T12:00"), WEEK).unwrap()
}

/// The complete list and the coming one.
fn days(lists: &DndLists) -> [Option<(Day, u32)>; 2] {
    let of = |list: &DndList| (list.as_of, list.numbers);
    [&lists.complete, &lists.coming].map(|list| list.as_ref().map(of))
}

#[test]
fn a_list_counts_from_its_last_page_on_and_the_one_before_until_then() {
    let lists = taken(&DndLists::default(), page("2026-11-20", 3, false));
    assert_eq!(days(&lists), [None, Some((day("2026-11-20"), 3))]);
    assert_eq!(lists.count_from(), None);
    let lists = taken(&lists, page("2026-11-20", 2, true));
    let first = Some((day("2026-11-20"), 5));
    assert_eq!(days(&lists), [first, None]);
    let lists = taken(&lists, page("2026-11-25", 9, false));
    assert_eq!(days(&lists), [first, Some((day("2026-11-25"), 9))]);
    assert_eq!(lists.count_from(), Some(day("2026-11-20")));
    // The last page may hold nothing, and may come again.
    let lists = taken(&lists, page("2026-11-25", 0, true));
    let lists = taken(&lists, page("2026-11-25", 0, true));
    assert_eq!(days(&lists), [Some((day("2026-11-25"), 9)), None]);
    // What is found later belongs to the list of its day.
    let lists = taken(&lists, page("2026-11-25", 1, false));
    assert_eq!(days(&lists), [Some((day("2026-11-25"), 10)), None]);
}

#[test]
fn a_list_that_was_not_finished_gives_way_to_another_and_counts_on_if_it_is_later() {
    let lists = taken(&DndLists::default(), page("2026-11-24", 3, false));
    let lists = taken(&lists, page("2026-11-25", 1, true));
    assert_eq!(days(&lists), [Some((day("2026-11-25"), 1)), None]);
    let lists = taken(&DndLists::default(), page("2026-11-25", 3, false));
    let lists = taken(&lists, page("2026-11-24", 1, true));
    let both = [Some((day("2026-11-24"), 1)), Some((day("2026-11-25"), 3))];
    assert_eq!(days(&lists), both);
}

#[test]
fn a_list_is_as_old_as_its_day_in_india() {
    let lists = taken(&DndLists::default(), page("2026-11-20", 1, true));
    assert_eq!(lists.fresh_until(WEEK), Some(at("2026-11-27T00:00")));
    assert!(lists.are_fresh(at("2026-11-26T23:59"), WEEK));
    assert!(!lists.are_fresh(at("2026-11-27T00:00"), WEEK));
    // Nobody may be called by pages alone.
    let coming = taken(&DndLists::default(), page("2026-11-25", 1, false));
    assert!(!coming.are_fresh(at("2026-11-25T13:00"), WEEK));
}

#[test]
fn a_list_of_the_future_of_long_ago_or_before_the_complete_one_is_refused() {
    let now = at("2026-11-25T00:00");
    let lists = DndLists::default();
    let refused = |lists: &DndLists, day| lists.take(page(day, 1, true), now, WEEK).err();
    assert_eq!(refused(&lists, "2026-11-26"), Some(DndRefusal::Future));
    assert_eq!(refused(&lists, "2026-11-25"), None);
    assert_eq!(refused(&lists, "2026-11-19"), None);
    assert_eq!(refused(&lists, "2026-11-18"), Some(DndRefusal::TooOld));
    let lists = taken(&lists, page("2026-11-22", 1, true));
    let overtaken = Some(DndRefusal::Overtaken(day("2026-11-22")));
    assert_eq!(refused(&lists, "2026-11-21"), overtaken);
    assert_eq!(refused(&lists, "2026-11-22"), None);
}
