use super::*;
use crate::fields::WRAPPERS_DEEP_MAX;
use serde_json::json;

const OURS: &str = "7c9e6679-7425-40de-944b-e07fc1f90ae7";

fn phones(all: &[&str]) -> Vec<PhoneNumber> {
    all.iter().map(|text| text.parse().unwrap()).collect()
}

fn ids(all: &[&str]) -> Vec<CarrierCallId> {
    all.iter().map(|text| CarrierCallId::new(text)).collect()
}

fn words(all: &[&str]) -> Vec<String> {
    all.iter().map(|text| (*text).to_owned()).collect()
}

fn json_report(body: &Value) -> Report {
    read(true, &body.to_string(), "").unwrap()
}

#[test]
fn the_portals_json_post_is_read() {
    let report = json_report(&json!({
        "call_uuid": "1111-2222", "call_date": "2026-11-02", "call_time": "11:04:10",
        "call_direction": "Outbound", "caller_number": "%2b911234567890",
        "called_number": "%2b911234567891", "call_status": "Answered", "agent_number": "False",
        "caller_duration": "0:00:42", "hangup_cause": "Normal"
    }));
    let expected = Report {
        our_id: None,
        carrier_ids: ids(&["1111-2222"]),
        numbers: phones(&["+911234567891", "+911234567890"]),
        words: words(&["Answered"]),
        hangup_cause: Some("Normal".to_owned()),
        duration_secs: Some(42),
        recording_url: None,
    };
    assert_eq!(report, expected);
}

#[test]
fn a_form_is_read() {
    let body = "call_id=1111&status=no_answer&customer_number=%2B911234567891";
    let expected = Report {
        carrier_ids: ids(&["1111"]),
        numbers: phones(&["+911234567891"]),
        words: words(&["no_answer"]),
        ..Report::default()
    };
    assert_eq!(read(false, body, "").unwrap(), expected);
}

#[test]
fn a_get_query_is_read() {
    let query = "uuid=1111&customer_number=%2B911234567891&agent_number=%2B911234567890\
                 &call_duration=42&Call_Type=Outgoing&business_call_type=x&resource_url=y";
    let expected = Report {
        carrier_ids: ids(&["1111"]),
        numbers: phones(&["+911234567891"]),
        duration_secs: Some(42),
        ..Report::default()
    };
    assert_eq!(read(false, "", query).unwrap(), expected);
}

#[test]
fn our_id_is_found_wherever_it_is() {
    for body in [
        json!({ "call_session_id": OURS }),
        json!({ "additional_params": { "uniqueid": OURS } }),
        json!({ "additional_params": json!({ "uniqueid": OURS }).to_string() }),
        json!({ "additional_params.uniqueid": OURS }),
        json!({ "data": { "additional_params": { "uniqueid": OURS } } }),
    ] {
        assert_eq!(json_report(&body).our_id, OURS.parse().ok(), "{body}");
    }
    for form in [
        format!("call_session_id={OURS}"),
        format!("additional_params[uniqueid]={OURS}"),
    ] {
        assert_eq!(
            read(false, &form, "").unwrap().our_id,
            OURS.parse().ok(),
            "{form}"
        );
        assert_eq!(
            read(false, "", &form).unwrap().our_id,
            OURS.parse().ok(),
            "{form}"
        );
    }
    assert_eq!(
        json_report(&json!({ "call_session_id": "c1" })).our_id,
        None
    );
}

#[test]
fn every_name_of_the_carriers_id_counts_in_its_order() {
    for name in [
        "call_uuid",
        "uuid",
        "call_id",
        "CallSid",
        "call_sid",
        "ucid",
        "id",
    ] {
        assert_eq!(
            json_report(&json!({ name: "1111" })).carrier_ids,
            ids(&["1111"]),
            "{name}"
        );
    }
    let both = json!({ "id": 7, "call_uuid": "1111", "uuid": "1111" });
    assert_eq!(json_report(&both).carrier_ids, ids(&["1111", "7"]));
}

#[test]
fn every_name_of_a_number_counts() {
    for name in [
        "called_number",
        "customer_number",
        "destination",
        "caller_number",
        "caller_id",
        "caller",
        "knowlarity_number",
        "dispnumber",
    ] {
        let report = json_report(&json!({ name: "+911234567890" }));
        assert_eq!(report.numbers, phones(&["+911234567890"]), "{name}");
    }
}

#[test]
fn numbers_are_read_in_every_spelling() {
    for text in [
        "+911234567890",
        "%2b911234567890",
        "%2B911234567890",
        "911234567890",
        "00911234567890",
        "01234567890",
        "1234567890",
        " 911234567890",
    ] {
        let report = json_report(&json!({ "customer_number": text }));
        assert_eq!(report.numbers, phones(&["+911234567890"]), "{text}");
    }
    let unescaped = read(false, "customer_number=+911234567890", "").unwrap();
    assert_eq!(unescaped.numbers, phones(&["+911234567890"]));
    assert_eq!(
        json_report(&json!({ "customer_number": "False" })).numbers,
        []
    );
}

#[test]
fn every_name_and_form_of_a_duration_counts() {
    for name in [
        "call_duration",
        "caller_duration",
        "customer_call_duration",
        "duration",
        "CallDuration",
    ] {
        for value in [
            json!(42),
            json!("42"),
            json!("0:00:42"),
            json!("00:42"),
            json!(42.0),
        ] {
            let report = json_report(&json!({ name: value }));
            assert_eq!(report.duration_secs, Some(42), "{name} {value}");
        }
    }
    for (text, expected) in [
        ("1:01:01", Some(3661)),
        ("0", Some(0)),
        ("", None),
        ("soon", None),
        ("-1", None),
        ("1:2:3:4", None),
        ("18446744073709551615:0:0", None),
        ("False", None),
    ] {
        assert_eq!(
            json_report(&json!({ "duration": text })).duration_secs,
            expected,
            "{text}"
        );
    }
}

#[test]
fn words_come_most_telling_first_and_numbers_are_no_words() {
    let report = json_report(&json!({
        "customer_status": "Busy", "status": "success", "call_status": "Missed",
        "agent_number": "+911234567890",
    }));
    assert_eq!(report.words, words(&["Missed", "success", "Busy"]));
    let encoded = json_report(&json!({ "agent_number": "%2b911234567890" }));
    assert_eq!(encoded.words, words(&[]));
    let missed = json_report(&json!({ "agent_number": "Customer Missed#+911234567891" }));
    assert_eq!(missed.words, words(&["Customer Missed#+911234567891"]));
}

#[test]
fn values_that_mean_nothing_are_nothing() {
    for value in [
        json!("False"),
        json!("None"),
        json!("null"),
        json!(""),
        json!(" "),
        json!(null),
        json!(false),
        json!([1]),
        json!({ "a": 1 }),
    ] {
        let report = json_report(&json!({
            "call_uuid": value, "call_status": value, "called_number": value,
            "duration": value, "hangup_cause": value, "call_session_id": value,
        }));
        assert_eq!(report, Report::default(), "{value}");
    }
}

#[test]
fn bodies_are_taken_for_what_they_are() {
    let json = r#" {"call_id":"1111"}"#;
    assert_eq!(read(false, json, "").unwrap().carrier_ids, ids(&["1111"]));
    assert_eq!(
        read(true, "", "call_id=1111").unwrap().carrier_ids,
        ids(&["1111"])
    );
    assert!(matches!(
        read(true, "{", ""),
        Err(Unreadable::NotJson { .. })
    ));
    assert!(matches!(
        read(true, "call_id=1111", ""),
        Err(Unreadable::NotJson { .. })
    ));
    assert!(matches!(read(true, "[1]", ""), Err(Unreadable::NoObject)));
    assert_eq!(read(false, "", "").unwrap(), Report::default());
}

#[test]
fn wrappers_are_opened_to_a_bound() {
    let mut body = json!({ "call_id": "deep" });
    for _ in 0..WRAPPERS_DEEP_MAX {
        body = json!({ "data": body });
    }
    assert_eq!(json_report(&body).carrier_ids, ids(&["deep"]));
    assert_eq!(json_report(&json!({ "data": body })).carrier_ids, []);
    let other = json!({ "agent": { "call_id": "1111" } });
    assert_eq!(json_report(&other).carrier_ids, []);
}

#[test]
fn a_report_is_looked_up_by_few_ids_of_a_sane_length() {
    let longest = "a".repeat(ID_BYTES_MAX);
    let mut query = format!("call_uuid={longest}a&call_uuid={longest}");
    for n in 0..1_000 {
        query.push_str(&format!("&call_uuid=u{n}&called_number=%2B911234567{n:03}"));
    }
    let report = read(false, "", &query).unwrap();
    let (ids, numbers) = (report.carrier_ids, report.numbers);
    assert_eq!((ids.len(), numbers.len()), (LOOK_UPS_MAX, LOOK_UPS_MAX));
    assert_eq!(ids[0], CarrierCallId::new(&longest));
}
