//! A complaint, and the do-not-disturb list, at the command line.

use super::{Api, NUMBER, answer};
use access::hash_key;
use local::{
    complaint::{self, complaint},
    dnd,
    opt_outs::Outcome,
    system::LOCAL_KEY,
};
use reqwest::Method;
use serde_json::{Value, json};
use settings::Env;
use simulators::knowlarity::Dial;
use spreadsheet::{Options, Row};
use std::{
    fs::{self, File},
    ops::ControlFlow,
    path::{Path, PathBuf},
};

fn place(name: &str) -> PathBuf {
    Path::new(env!("CARGO_TARGET_TMPDIR")).join(name)
}

fn env() -> Env {
    Env::from_reader(|_| None)
}

impl Api {
    async fn complain(&self, out: &Path) -> (Outcome, String) {
        let arguments = complaint::Arguments {
            number: NUMBER.parse().unwrap(),
            out: out.to_owned(),
            force: true,
            zone: "Asia/Kolkata".to_owned(),
            url: self.system.api_url.parse().unwrap(),
        };
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        let outcome = complaint(&arguments, &env(), &mut out, &mut talk).await;
        (outcome.unwrap(), String::from_utf8(out).unwrap())
    }
}

fn rows(file: &Path) -> Vec<Vec<String>> {
    let mut rows = Vec::new();
    let mut take = |row: Row| {
        let cells = row.cells.iter().map(|cell| cell.text().into_owned());
        rows.push(cells.collect());
        ControlFlow::Continue(())
    };
    spreadsheet::read(File::open(file).unwrap(), &Options::default(), &mut take).unwrap();
    rows
}

#[tokio::test]
async fn a_complaint_is_written_as_a_spreadsheet_and_as_json() {
    let api = Api::start(&[("RETRIES_MAX", "0")]).await;
    api.dials([Dial::Busy]);
    let call = api.call(NUMBER).await;
    api.wait_until(&call, |record| record["status"] == "failed")
        .await;
    for extension in ["xlsx", "csv"] {
        let out = place(&format!("complaint.{extension}"));
        let (outcome, told) = api.complain(&out).await;
        assert_eq!(outcome, Outcome::Complete);
        assert_eq!(told, format!("1 calls, 1 dials: {}\n", out.display()));
        let rows = rows(&out);
        let of = |name: &str| {
            let column = rows[0].iter().position(|header| header == name);
            rows[1][column.unwrap()].as_str()
        };
        assert_eq!(rows.len(), 2);
        for (name, value) in [
            ("phone number", NUMBER),
            ("session id", &call),
            ("call ended as", "busy"),
            ("caller", "+911234567800"),
            ("class", "service"),
            ("attempt", "1"),
            ("outcome", "busy"),
            ("opted out (Asia/Kolkata)", ""),
        ] {
            assert_eq!(of(name).trim_start_matches('\''), value, "{name}");
        }
        assert!(!of("dialled (Asia/Kolkata)").is_empty());
    }
    let out = place("complaint.json");
    api.complain(&out).await;
    let whole: Value = serde_json::from_slice(&fs::read(&out).unwrap()).unwrap();
    assert_eq!(whole["calls"][0]["dials"][0]["caller"], "+911234567800");
}

#[tokio::test]
async fn a_complaint_is_answered_to_an_admin_alone_and_its_number_is_read_as_any() {
    let keys = format!(
        "crm:read+write:{},local:admin:{}",
        hash_key("crm-key"),
        hash_key(LOCAL_KEY)
    );
    let api = Api::start(&[("API_KEYS", &keys)]).await;
    let ask = async |key: &str, body: Value| {
        let request = api.request(Method::POST, "/api/complaints").json(&body);
        answer(request.header("x-api-key", key)).await
    };
    let number = json!({ "phoneNumber": NUMBER });
    ask("crm-key", number.clone())
        .await
        .is_error(403, "forbidden");
    assert_eq!(ask(LOCAL_KEY, number).await.status, 200);
    for (body, field) in [
        (json!({}), "phoneNumber"),
        (json!({ "phoneNumber": "12" }), "phoneNumber"),
        (json!({ "phoneNumber": NUMBER, "limit": 51 }), "limit"),
        (json!({ "phoneNumber": NUMBER, "cursor": "x" }), "cursor"),
    ] {
        ask(LOCAL_KEY, body).await.names(field);
    }
}

#[tokio::test]
async fn a_do_not_disturb_list_is_brought_from_a_spreadsheet_whole_or_not_at_all() {
    let api = Api::start(&[]).await;
    let bring = async |text: String, name: &str| {
        let file = place(name);
        fs::write(&file, text).unwrap();
        let arguments = dnd::Arguments {
            list: super::stop_list::as_it_is(&file),
            as_of: super::dnd_list::day(0).parse().unwrap(),
            url: api.system.api_url.parse().unwrap(),
        };
        let (mut out, mut talk) = (Vec::new(), Vec::new());
        let outcome = dnd::import(&arguments, &env(), &mut out, &mut talk).await;
        let told = String::from_utf8([out, talk].concat()).unwrap();
        assert!(!told.contains("12345"), "a number is shown: {told}");
        (outcome.unwrap(), told)
    };
    let row = |n: usize| format!("+9112345{n:05}\n");
    let whole = "Mobile\n".to_owned() + &(0..250).map(row).collect::<String>();
    let (outcome, told) = bring(format!("{whole}123\n"), "dnd_gap.csv").await;
    assert_eq!(outcome, Outcome::Faulty);
    assert!(
        told.contains("row 252") && told.contains("nothing was sent"),
        "{told}"
    );
    assert_eq!(api.dnd_list().await, json!({ "isFresh": false }));
    for _ in 0..2 {
        let (outcome, told) = bring(whole.clone(), "dnd.csv").await;
        assert_eq!(outcome, Outcome::Complete);
        assert!(told.contains("is complete, 250 numbers"), "{told}");
        let shown = api.dnd_list().await;
        assert_eq!(
            (&shown["complete"]["numbers"], &shown["isFresh"]),
            (&json!(250), &json!(true))
        );
    }
}
