use super::*;

const CURSOR: &str = "active~2026-10-30T22:40:00.000Z~07070707-0707-0707-0707-070707070707";

#[test]
fn nothing_asked_is_the_first_page() {
    let expected = Wanted {
        limit: LIMITS.default,
        of: Of::Unfinished {
            status: None,
            after: None,
        },
    };
    assert_eq!(Wanted::read("").unwrap(), expected);
}

#[test]
fn all_parameters_are_read() {
    let query = format!("status=active&limit=100&cursor={CURSOR}");
    let expected = Wanted {
        limit: 100,
        of: Of::Unfinished {
            status: Some(CallState::Active),
            after: Some(CURSOR.replace('~', "#")),
        },
    };
    assert_eq!(Wanted::read(&query).unwrap(), expected);
    let id = "07070707-0707-0707-0707-070707070707";
    let query = format!("patientId=patient%20123&cursor={id}");
    let expected = Wanted {
        limit: LIMITS.default,
        of: Of::Patient {
            id: "patient 123".to_owned(),
            after: Some(id.parse().unwrap()),
        },
    };
    assert_eq!(Wanted::read(&query).unwrap(), expected);
}

#[test]
fn bad_values_are_named() {
    let other_state = format!("status=dialing&cursor={CURSOR}");
    let longer = format!("cursor={CURSOR}~x");
    for (query, parameter) in [
        ("status=completed", "status"),
        ("status=failed", "status"),
        ("status=Active", "status"),
        ("status=", "status"),
        ("limit=0", "limit"),
        ("limit=101", "limit"),
        ("limit=-1", "limit"),
        ("limit=ten", "limit"),
        ("limit=1&limit=2", "limit"),
        ("cursor=", "cursor"),
        ("cursor=active~x~y", "cursor"),
        (&other_state, "cursor"),
        (&longer, "cursor"),
        ("page=2", "page"),
        ("patientId=", "patientId"),
        ("patientId=p-1&status=active", "status"),
        ("patientId=p-1&cursor=active", "cursor"),
    ] {
        assert_eq!(Wanted::read(query).unwrap_err().field, parameter, "{query}");
    }
}

#[test]
fn stats_add_up() {
    let stats = Stats(BTreeMap::from([
        (CallState::Active, 2),
        (CallState::Disconnected, 1),
        (CallState::Completed, 5),
        (CallState::Failed, 3),
    ]));
    let view = StatsView::of(&stats, 3, 10);
    let expected = serde_json::json!({
        "total": 11, "active": 3, "channelsInUse": 3, "channelsMax": 10,
        "byState": {
            "initiating": 0, "dialing": 0, "connected": 0, "active": 2, "disconnected": 1,
            "completed": 5, "failed": 3,
        },
    });
    assert_eq!(serde_json::to_value(view).unwrap(), expected);
}
