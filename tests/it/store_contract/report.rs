//! The rows that reports read: one for each call, by the day of its creation.

use super::*;
use crate::support::hung_up;
use call::{
    answers::{Given, Source},
    report::Row,
};
use serde_json::json;
use store::{ReportCursor, Saved};

const HOUR: Duration = Duration::from_secs(3_600);

impl Contract {
    async fn create_at(&self, phone: &str, at: Timestamp) -> CallSession {
        let decision = CallSession::create(&request_for(phone), at, &self.policy);
        let mut request = request_for(phone);
        request.id = decision.next.id;
        let created = self.store.create(&request, &decision, None).await.unwrap();
        assert_eq!(created, Created::Stored);
        decision.next
    }

    async fn rows(&self, from: Timestamp, until: Timestamp, limit: usize) -> Vec<Row> {
        let (mut rows, mut after): (Vec<Row>, Option<ReportCursor>) = (Vec::new(), None);
        loop {
            let page = self.store.report_page(from, until, after.as_ref(), limit);
            let (page, next) = page.await.unwrap();
            assert!(page.len() <= limit);
            rows.extend(page);
            let Some(next) = next else { return rows };
            // It survives the way to a client and back.
            after = Some(next.to_string().parse().unwrap());
        }
    }
}

impl Contract {
    async fn rows_back(&self, from: Timestamp, until: Timestamp, limit: usize) -> Vec<Row> {
        let (mut rows, mut before): (Vec<Row>, Option<ReportCursor>) = (Vec::new(), None);
        loop {
            let page = self
                .store
                .report_page_back(from, until, before.as_ref(), limit);
            let (page, next) = page.await.unwrap();
            assert!(page.len() <= limit);
            rows.extend(page);
            let Some(next) = next else { return rows };
            before = Some(next.to_string().parse().unwrap());
        }
    }
}

#[tokio::test]
async fn rows_come_in_order_across_days_whatever_the_page() {
    let contract = Contract::new().await;
    let mut expected = Vec::new();
    for n in 0..12_u32 {
        // Three hours apart, so over three days, with a day between them on which nobody called.
        let at = START + HOUR * (3 * n + 24 * (n / 6));
        let call = contract.create_at(&format!("+9112345678{n:02}"), at).await;
        expected.push(call.id);
    }
    let until = START + HOUR * 24 * 5;
    for limit in [1, 2, 5, 12, 100] {
        let rows = contract.rows(START, until, limit).await;
        let ids: Vec<CallId> = rows.iter().map(|row| row.call_id).collect();
        assert_eq!(ids, expected, "pages of {limit}");
    }
    expected.reverse();
    for limit in [1, 2, 5, 12, 100] {
        let rows = contract.rows_back(START, until, limit).await;
        let ids: Vec<CallId> = rows.iter().map(|row| row.call_id).collect();
        assert_eq!(ids, expected, "newest first, pages of {limit}");
    }
    let rows = contract
        .rows_back(START + HOUR * 3, START + HOUR * 9, 1)
        .await;
    let ids: Vec<CallId> = rows.iter().map(|row| row.call_id).collect();
    assert_eq!(ids, expected[9..11]);
    expected.reverse();
    // The first instant counts, the last does not.
    let rows = contract.rows(START + HOUR * 3, START + HOUR * 9, 100).await;
    let ids: Vec<CallId> = rows.iter().map(|row| row.call_id).collect();
    assert_eq!(ids, expected[1..3]);
    assert!(contract.rows(until, until + HOUR, 10).await.is_empty());
}

#[tokio::test]
async fn a_row_says_how_the_call_went_and_what_was_answered() {
    let contract = Contract::new().await;
    let call = contract.create("+911234567890").await;
    let rows = contract.rows(START, START + HOUR, 10).await;
    assert_eq!((rows[0].status, rows[0].attempts), (None, 0));
    assert_eq!(rows[0].patient_name, "राहुल शर्मा");

    let call = contract.commit(&call, CallEvent::DialDue).await;
    let call = contract
        .commit(&call, CallEvent::DialDispatched { attempt: 1 })
        .await;
    let opened = picked_up();
    let call = contract.commit(&call, opened).await;
    for (field, value) in [
        ("age", json!(42)),
        ("city", json!("जयपुर")),
        ("age", json!(43)),
    ] {
        let given = Given {
            value,
            at: START,
            attempt: 1,
            source: Source::Mcp,
            conversation: None,
            turn: None,
        };
        let saved = contract.store.save_patient_answer(call.id, field, &given);
        assert!(matches!(saved.await.unwrap(), Saved::New(_)));
    }
    let call = contract.commit(&call, hung_up()).await;
    let row = contract.rows(START, START + HOUR, 10).await.remove(0);
    assert_eq!(row.status, Some(CallState::Completed));
    assert_eq!(
        (row.cause, row.ended_at),
        (call.cause, Some(call.updated_at))
    );
    assert_eq!((row.attempts, row.talk_secs), (1, Some(0)));
    assert_eq!(json!(row.answers), json!({ "age": 43, "city": "जयपुर" }));
}

#[tokio::test]
async fn who_is_to_be_erased_is_in_no_report_and_takes_no_answer() {
    let contract = Contract::new().await;
    let call = contract.create("+911234567890").await;
    contract.commit(&call, CallEvent::Restricted).await;
    assert!(contract.rows(START, START + HOUR, 10).await.is_empty());
    let given = Given {
        value: json!(42),
        at: START,
        attempt: 1,
        source: Source::PostCall,
        conversation: None,
        turn: None,
    };
    let saved = contract.store.save_patient_answer(call.id, "age", &given);
    assert_eq!(saved.await.unwrap(), Saved::NoSuchCall);
}
