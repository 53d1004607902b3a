//! The carrier's status reports.

use super::*;

#[tokio::test]
async fn every_form_of_webhook_ends_its_attempt_once() {
    let api = Api::ringing(&[]).await;
    let json_type = "application/json";
    let form = "application/x-www-form-urlencoded";
    for (n, kind) in [json_type, form, "query"].into_iter().enumerate() {
        let number = format!("123456780{n}");
        let id = api.call(&format!("+91{number}")).await;
        let carrier_id = api.carrier_id(&id).await;
        let send = || async {
            match kind {
                "application/json" => {
                    let body = json!({ "call_uuid": carrier_id, "call_status": "Busy",
                        "called_number": format!("%2b91{number}"), "agent_number": "False" });
                    api.report("", kind, body.to_string()).await
                }
                "query" => {
                    let path =
                        format!("/api/knowlarity/webhook?uuid={carrier_id}&call_status=busy");
                    answer(api.request(Method::GET, &path)).await
                }
                _ => {
                    let body = format!("status=user_busy&customer_number=%2B91{number}");
                    api.report("", kind, body).await
                }
            }
        };
        let first = send().await;
        let expected = json!({ "received": true, "matched": true, "applied": true });
        assert_eq!(
            (first.status.as_u16(), first.body),
            (200, expected),
            "{kind}"
        );
        let record = api.record(&id).await;
        assert_eq!(record["attempts"][0]["outcome"], "busy", "{kind}");
        assert_eq!(record["status"], "initiating");
        let again = send().await;
        assert_eq!(
            (again.status.as_u16(), &again.body["applied"]),
            (200, &json!(false))
        );
        assert_eq!(api.record(&id).await["attempts"], record["attempts"]);
    }
}

#[tokio::test]
async fn webhooks_about_nobody_and_without_sense_are_answered() {
    let api = Api::start(&[("KNOWLARITY_WEBHOOK_SECRET", "webhook-secret")]).await;
    let kind = "application/json";
    let unknown = json!({ "call_uuid": "nobody", "call_status": "busy" }).to_string();
    api.report("", kind, unknown.clone())
        .await
        .is_error(401, "unauthorized");
    api.report("/wrong", kind, unknown.clone())
        .await
        .is_error(401, "unauthorized");
    let taken = api.report("/webhook-secret", kind, unknown).await;
    let expected = json!({ "received": true, "matched": false, "applied": false });
    assert_eq!((taken.status.as_u16(), taken.body), (200, expected));
    api.report("/webhook-secret", kind, "{")
        .await
        .is_error(400, "invalid_json");
    api.report("/webhook-secret", kind, "x".repeat(70_000))
        .await
        .is_error(413, "body_too_large");
}
