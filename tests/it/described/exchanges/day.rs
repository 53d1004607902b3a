//! Who asks what on that day, in their order.

use super::*;

/// Three patients: one is reached, one is busy, one has no name.
const FILE: &str = "Mobile,Name,Ward\n\
    01234567801,राहुल शर्मा,A1\n\
    01234567802,सीता देवी,A2\n\
    01234567803,,A3\n";

impl Exchanges<'_> {
    /// Calls to single patients; the one that was completed.
    pub(super) async fn calls(&mut self) -> String {
        self.dials([
            Dial::Busy,
            Dial::Answer,
            Dial::Busy,
            Dial::Busy,
            Dial::NeverReports,
        ]);
        let patient = |id: &str, number: &str| {
            json!({ "id": id, "name": "राहुल शर्मा", "phoneNumber": number,
                "treatmentType": "heart surgery consultation", "crmData": { "doctor": "Dr. Smith" } })
        };
        let outcomes = self.callback.url("/outcomes");
        let body = |patient: Value| {
            json!({ "patientData": patient, "language": "hi", "callbackUrl": outcomes,
                "metadata": { "campaign": "june" } })
        };
        let mut completed = body(patient("patient_123", "+911234567890"));
        completed["recordingConsent"] = json!(true);
        let placed = self.ask("placeCall", &[], Some(completed)).await;
        assert_eq!(placed.status, 202);
        let id = placed.body["sessionId"].as_str().unwrap().to_owned();
        let is_read = |call: &Value| {
            let reported = call["conversations"][0]["mergedAt"].is_string();
            let told = call["events"].as_array().unwrap().iter();
            call["status"] == "completed"
                && reported
                && call["attempts"][1]["audio"][0]["fromMs"].is_u64()
                && call["recording"]["state"] == "ready"
                && told.clone().count() >= 5
                && told.clone().all(|event| event["deliveredAt"].is_string())
        };
        let of = [("sessionId", id.as_str())];
        let is_over = |call: &Value| call["status"] == "completed";
        let over = self.until("getCall", &of, is_over).await;
        self.report(&id, &over["conversations"][0]).await;
        self.known.remove("getCall");
        self.until("getCall", &of, is_read).await;
        self.ask("getRecording", &of, None).await;
        self.ask("eraseRecording", &of, None).await;
        let failed = body(patient("patient_124", "+911234567891"));
        let placed = self.ask("placeCall", &[], Some(failed)).await;
        let other = placed.body["sessionId"].as_str().unwrap().to_owned();
        let is_over = |call: &Value| call["status"] == "failed";
        self.until("getCall", &[("sessionId", &other)], is_over)
            .await;
        let ringing = body(patient("patient_125", "+911234567892"));
        let placed = self.ask("placeCall", &[], Some(ringing)).await;
        let ringing = placed.body["sessionId"].as_str().unwrap().to_owned();
        self.ask("listCalls", &[], None).await;
        self.ask("cancelCall", &[("sessionId", &ringing)], None)
            .await;
        id
    }

    /// The platform's report of a conversation.
    pub(super) async fn report(&mut self, call: &str, conversation: &Value) {
        let body = json!({ "type": "post_call_transcription", "event_timestamp": 1, "data": {
            "agent_id": "agent_x", "conversation_id": conversation["conversationId"], "status": "done",
            "transcript": [{ "role": "user", "message": "मैं जयपुर में रहता हूँ", "time_in_call_secs": 4 }],
            "metadata": { "start_time_unix_secs": 1_796_000_000, "call_duration_secs": 31,
                "termination_reason": "end_call tool was called" },
            "analysis": {
                "data_collection_results": { "age": { "value": 24 }, "hobby": { "value": "chess" } },
                "evaluation_criteria_results": { "consent": { "result": "success", "rationale": "He agreed." } },
                "call_successful": "success", "transcript_summary": "Age and city were asked for.",
            },
            "conversation_initiation_client_data": {
                "dynamic_variables": { "call_id": call, "attempt": conversation["attempt"] },
            },
        } });
        let text = body.to_string();
        let signature = signature(PLATFORM_SECRET, SystemClock.now(), text.as_bytes());
        let request = self.request("takePostCallReport", &[]);
        let request = request.header("elevenlabs-signature", signature);
        let request = request.header(CONTENT_TYPE, "application/json").body(text);
        self.send("takePostCallReport", request, Some(body)).await;
    }

    pub(super) async fn campaign(&mut self) {
        self.dials([Dial::Answer, Dial::Busy, Dial::Answer]);
        let end = (SystemClock.now() + Duration::from_hours(7 * 24)).to_string();
        let file = |parts: u16| {
            json!({ "name": "patients.csv", "bytes": FILE.len(), "parts": parts,
                "sha256": Sha256::of(FILE.as_bytes()).to_string(), "delimiter": "," })
        };
        let plan = json!({ "class": "service", "hours": "00:00-24:00 Asia/Kolkata", "days": campaign::WEEK,
            "holidays": ["2026-12-25"], "concurrency": 1, "dialsPerMinute": 60, "retries": 0,
            "priority": 1, "expiresAt": end });
        let body = json!({ "name": "Follow-up after surgery", "file": file(2), "plan": plan,
            "phoneColumn": "Mobile", "requiredVariables": ["Ward"] });
        let made = self.ask("createCampaign", &[], Some(body)).await;
        let id = made.body["campaignId"].as_str().unwrap().to_owned();
        let of = [("id", id.as_str())];
        let body =
            json!({ "file": file(1), "phoneColumn": "Mobile", "requiredVariables": ["Ward"] });
        self.ask("replaceFile", &of, Some(body)).await;
        let part = self.request("putPart", &[of[0], ("n", "1")]);
        let part = part.header(CONTENT_TYPE, "application/octet-stream");
        let sha256 = STANDARD.encode(digest(&SHA256, FILE.as_bytes()));
        let part = part.header("content-digest", format!("sha-256=:{sha256}:"));
        self.send("putPart", part.body(FILE), None).await;
        self.ask("importFile", &of, None).await;
        self.known.remove("getCampaign");
        self.until("getCampaign", &of, |campaign| campaign["state"] == "ready")
            .await;
        self.ask("listRows", &of, None).await;
        self.ask("getForecast", &of, None).await;
        let number = json!({ "phoneNumber": "+911234567895", "language": "hi" });
        let row = [of[0], ("row", "2")];
        let tried = self.ask("placeTestCall", &row, Some(number)).await;
        let tried = tried.body["sessionId"].as_str().unwrap().to_owned();
        let is_over = |call: &Value| call["status"] == "completed";
        self.until("getCall", &[("sessionId", &tried)], is_over)
            .await;
        let start = json!({ "dryRun": false });
        self.ask("startCampaign", &of, Some(start)).await;
        self.ask("pauseCampaign", &of, None).await;
        let tag = self.ask("getCampaign", &of, None).await.etag;
        let mut other = plan;
        other["priority"] = json!(2);
        let request = self
            .request("setPlan", &of)
            .header("if-match", tag)
            .json(&other);
        self.send("setPlan", request, Some(other)).await;
        self.ask("resumeCampaign", &of, None).await;
        self.known.remove("getCampaign");
        self.until("getCampaign", &of, |campaign| {
            campaign["state"] == "completed"
        })
        .await;
        self.ask("listResults", &of, None).await;
        let round = json!({ "round": 2 });
        self.ask("retryFailed", &of, Some(round)).await;
        self.ask("cancelCampaign", &of, None).await;
        self.ask("listCampaigns", &[], None).await;
    }

    pub(super) async fn numbers(&mut self) {
        let number = json!({ "phoneNumber": "+911234567899", "reason": "asked at the desk" });
        self.ask("addOptOut", &[], Some(number)).await;
        self.ask("listOptOuts", &[], None).await;
        let today = SystemClock.now().to_string();
        let page =
            json!({ "asOf": &today[..10], "phoneNumbers": ["+911234567890"], "complete": true });
        self.ask("bringDndList", &[], Some(page)).await;
        self.ask("getDndList", &[], None).await;
        let about = json!({ "phoneNumber": "+911234567890", "limit": 20 });
        self.ask("answerComplaint", &[], Some(about)).await;
        let number = json!({ "phoneNumber": "+911234567899" });
        self.ask("removeOptOut", &[], Some(number)).await;
    }

    pub(super) async fn operations(&mut self, call: &str) {
        self.ask("health", &[], None).await;
        let again = json!({ "sessionId": call });
        self.ask("replayEvents", &[], Some(again)).await;
        let why = json!({ "reason": "the line is being repaired" });
        self.ask("pauseDialling", &[], Some(why)).await;
        self.ask("getDialling", &[], None).await;
        // Somebody must wait for it to be told.
        let waiting = json!({ "patientData": { "name": "गीता", "phoneNumber": "+911234567894" } });
        let waiting = self.ask("placeCall", &[], Some(waiting)).await;
        let waiting = waiting.body["sessionId"].as_str().unwrap().to_owned();
        let give_up = Instant::now() + Duration::from_secs(90);
        while !self.take_events() {
            assert!(Instant::now() < give_up, "no word of the pause");
            sleep(Duration::from_millis(100)).await;
        }
        self.ask("cancelCall", &[("sessionId", &waiting)], None)
            .await;
        self.ask("resumeDialling", &[], None).await;
        self.ask("reconcileChannels", &[], None).await;
    }

    pub(super) async fn vendors(&mut self, call: &str) {
        let id: CallId = call.parse().unwrap();
        let secret = SecretString::from(TOKEN_SECRET);
        let talk = Talk {
            call: id,
            attempt: 2,
            conversation: 1,
        };
        let until = SystemClock.now() + Duration::from_secs(600);
        let token = TokenKey::new(&secret).unwrap().answer_token(talk, until);
        let body = json!({ "field": "severity", "value": 7 });
        let request = self.request("callTool", &[("name", "save_patient_response")]);
        let request = request.header("authorization", &token).json(&body);
        self.send("callTool", request, Some(body)).await;
        let body = json!({ "jsonrpc": "2.0", "id": 1, "method": "tools/list", "params": {} });
        let request = self
            .request("mcpMessage", &[])
            .header("authorization", &token);
        let request = request.header("accept", "application/json, text/event-stream");
        self.send("mcpMessage", request.json(&body), Some(body))
            .await;
        let body = json!({ "call_id": "kn-unknown", "status": "Flying" });
        for (id, path) in [
            ("takeCarrierReport", &[][..]),
            ("takeSecretCarrierReport", &[("secret", "any")]),
        ] {
            let request = self.request(id, path).json(&body);
            self.send(id, request, Some(body.clone())).await;
        }
        for (id, path) in [
            ("takeCarrierQuery", &[][..]),
            ("takeSecretCarrierQuery", &[("secret", "any")]),
        ] {
            let request = self.request(id, path).build().unwrap();
            let mut url = request.url().clone();
            url.set_query(Some("call_id=kn-unknown"));
            self.send(id, self.client.get(url), None).await;
        }
        self.ask("listUnknownMessages", &[], None).await;
    }

    pub(super) async fn reports(&mut self) {
        self.ask("getAnalytics", &[], None).await;
        self.ask("exportCalls", &[], None).await;
    }

    pub(super) async fn patients(&mut self) {
        let of = [("id", "patient_123")];
        self.ask("holdPatient", &of, None).await;
        self.ask("releasePatient", &of, None).await;
        self.ask("erasePatient", &of, None).await;
        self.ask("listErasures", &[], None).await;
    }
}
