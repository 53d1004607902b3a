//! Which record of the log is the ring that is asked for, and what it says.

use super::*;

/// What one page with these records says to `query`.
async fn says(query: &LogQuery, rows: &[Value]) -> Option<CarrierStatus> {
    let log = Log::start(vec![page(rows.len(), rows)]).await;
    let entry = log.look_up(query).await.unwrap();
    entry.map(|entry| entry.status)
}

#[tokio::test]
async fn each_outcome_is_read_and_what_is_unreadable_proves_nothing() {
    use CarrierStatus as C;
    for (agent, duration, expected) in [
        ("Customer Missed#+911234567891", "0", Some(C::NoAnswer)),
        ("customer_missed", "", Some(C::NoAnswer)),
        ("Customer Busy#+911234567891", "0", Some(C::Busy)),
        ("User Busy #", "0", Some(C::Busy)),
        ("Did Not Process", "0", Some(C::Failed)),
        ("Agent Missed#+911234567890", "0", Some(C::Failed)),
        ("+911234567890", "42", Some(C::Ended)),
        ("%2b911234567890", "0:00:42", Some(C::Ended)),
        ("01234567890", "1", Some(C::Ended)),
        ("+911234567890", "0", None),
        ("+911234567890", "0:00:00", None),
        ("+911234567890", "", None),
        ("+911234567890", "soon", None),
        ("+911234567890", "99999999999999999999", None),
        ("not busy", "0", None),
        ("Busy", "0", Some(C::Busy)),
        ("busy signal", "0", None),
        ("answered", "0", None),
        ("ringing", "", None),
        ("False", "42", None),
        ("#", "42", None),
        ("", "42", None),
    ] {
        let said = says(&query(None), &[row(agent, duration)]).await;
        assert_eq!(said, expected, "{agent:?} after {duration:?}");
    }
}

#[tokio::test]
async fn numbers_for_texts_are_read_and_missing_fields_spoil_no_other_record() {
    let numbers = with(
        row("", ""),
        json!({ "agent_number": 1_234_567_890, "call_duration": 42,
            "customer_number": 911_234_567_891_u64, "uuid": 77 }),
    );
    let rows = [json!({}), json!(null), json!([1]), json!("x"), numbers];
    let log = Log::start(vec![page(5, &rows)]).await;
    let entry = log.look_up(&query(None)).await.unwrap().unwrap();
    assert_eq!(entry.carrier_call_id, Some(CarrierCallId::new("77")));
    assert_eq!(entry.status, CarrierStatus::Ended);

    let nameless = with(row("Did Not Process", "0"), json!({ "uuid": null }));
    let log = Log::start(vec![page(1, &[nameless])]).await;
    let entry = log.look_up(&query(None)).await.unwrap().unwrap();
    assert_eq!(entry.carrier_call_id, None);
}

#[tokio::test]
async fn a_record_is_read_under_the_names_and_words_of_a_report() {
    let other = json!({
        "call_id": "k7", "called_number": "+911234567891", "caller_number": "+911234567890",
        "call_status": "unanswered", "duration": "0", "start_time": "2026-11-02 11:04:12",
    });
    let log = Log::start(vec![page(1, &[other])]).await;
    let entry = log.look_up(&query(None)).await.unwrap();
    let expected = LogEntry {
        carrier_call_id: Some(CarrierCallId::new("k7")),
        status: CarrierStatus::NoAnswer,
    };
    assert_eq!(entry, Some(expected));
}

#[tokio::test]
async fn without_an_id_the_callee_and_the_start_decide() {
    let missed = || row("Customer Missed#+911234567891", "0");
    for (changes, is_found) in [
        (json!({}), true),
        (json!({ "customer_number": "%2b911234567891" }), true),
        (json!({ "customer_number": "01234567891" }), true),
        (json!({ "customer_number": "+91 12345 67891" }), true),
        (json!({ "customer_number": "+911234567892" }), false),
        (json!({ "customer_number": "" }), false),
        (json!({ "start_time": "2026-11-02 11:04:10+05:30" }), true),
        (json!({ "start_time": "2026-11-02T05:34:10.123Z" }), true),
        (json!({ "start_time": "2026-11-02 11:04:10" }), true),
        (json!({ "start_time": "2026-11-02 11:05:40" }), true),
        (json!({ "start_time": "2026-11-02 11:04:09" }), false),
        (json!({ "start_time": "2026-11-02 11:05:41" }), false),
        (json!({ "start_time": "yesterday" }), false),
        (json!({ "start_time": null }), false),
    ] {
        let said = says(&query(None), &[with(missed(), changes.clone())]).await;
        let expected = is_found.then_some(CarrierStatus::NoAnswer);
        assert_eq!(said, expected, "{changes}");
    }
}

#[tokio::test]
async fn a_known_id_alone_decides() {
    let other = with(row("+911234567890", "42"), json!({ "uuid": "k2" }));
    let nameless = with(other.clone(), json!({ "uuid": "" }));
    assert_eq!(says(&query(Some("k1")), &[other, nameless]).await, None);
    let strange = json!({ "customer_number": "False", "start_time": "" });
    let same = with(row("Customer Busy#", "0"), strange);
    let said = says(&query(Some("k1")), &[same]).await;
    assert_eq!(said, Some(CarrierStatus::Busy));
}

#[tokio::test]
async fn of_several_records_the_latest_counts_even_if_it_is_unreadable() {
    let at = |agent, second: u8| {
        let start_time = format!("2026-11-02 11:04:{second}+05:30");
        with(row(agent, "0"), json!({ "start_time": start_time }))
    };
    let (missed, busy) = (at("Customer Missed#", 20), at("Customer Busy#", 40));
    for rows in [[missed.clone(), busy.clone()], [busy, missed.clone()]] {
        let said = says(&query(None), &rows).await;
        assert_eq!(said, Some(CarrierStatus::Busy));
    }
    let rows = [at("????", 50), missed];
    assert_eq!(says(&query(None), &rows).await, None);
}
