//! Who may read reports, and whom they leave out.

use super::*;
use crate::support::answer_of;
use access::hash_key;

#[tokio::test]
async fn who_is_to_be_erased_is_in_no_report() {
    let world = World::start().await;
    world.call(1, Some(whole(42, "जयपुर"))).await;
    world.call(2, Some(whole(43, "पुणे"))).await;
    let request = Request::delete("/api/patients/patient_1")
        .header("x-api-key", API_KEY)
        .body(Body::empty())
        .unwrap();
    let (status, _) = answer_of(&world.system.app, request).await;
    assert_eq!(status, 202);
    let export = world.json("/api/export").await;
    let rows = export["rows"].as_array().unwrap();
    assert_eq!(
        (rows.len(), &rows[0]["patientId"]),
        (1, &json!("patient_2"))
    );
    assert_eq!(world.json("/api/analytics").await["calls"], 1);
}

#[tokio::test]
async fn only_an_administrator_reads_reports() {
    let mut world = World::start().await;
    let keys =
        ["read", "write", "admin"].map(|scope| format!("{scope}:{scope}:{}", hash_key(scope)));
    let whole = &world.system.app;
    let mut api = world.system.api_config();
    api.keys = keys.join(",").parse().unwrap();
    let app = App::new(whole.calls.clone(), whole.carrier.clone(), api);
    world.system.app = Arc::new(app);
    for path in ["/api/analytics", "/api/export"] {
        for (key, expected) in [
            ("read", 403),
            ("write", 403),
            ("admin", 200),
            ("nobody", 401),
        ] {
            let (status, _, _) = get(&world.system.app, path, key).await;
            assert_eq!(status, expected, "{path} {key}");
        }
    }
    let names = |answer: Value| -> Vec<String> {
        let tools = answer["result"]["tools"]
            .as_array()
            .cloned()
            .unwrap_or_default();
        let names = tools
            .iter()
            .map(|tool| tool["name"].as_str().unwrap().to_owned());
        names.collect()
    };
    let admins = ["get_conversation_analytics", "export_patient_data"];
    for credential in ["admin", "Bearer admin"] {
        let listed = world.mcp(credential, "tools/list", json!({})).await;
        assert_eq!(names(listed), admins);
    }
    let call = CallId::from_bytes([1; 16]);
    let agent = crate::support::answer_token(&world.system.app, call);
    let listed = names(world.mcp(&agent, "tools/list", json!({})).await);
    assert!(listed.contains(&"save_patient_response".to_owned()));
    for (credential, tool) in [
        (agent.as_str(), admins[0]),
        ("admin", "save_patient_response"),
    ] {
        let params = json!({ "name": tool, "arguments": {} });
        let answer = world.mcp(credential, "tools/call", params).await;
        assert_eq!(answer["error"]["message"], "there is no such tool");
    }
    for credential in ["read", "Bearer write", "nobody"] {
        let answer = world.mcp(credential, "tools/list", json!({})).await;
        assert_eq!(answer["error"]["code"], "unauthorized");
    }
}
