//! The guide of campaigns shows what the commands print.

use super::{
    brought::{asked, import, remote, run, until},
    sample,
    service::Service,
};
use local::campaign::{AskedPlan, Command, status::Status};
use std::time::Duration;

/// What the guide shows of a command, without what it leaves out.
fn shown(guide: &str, command: &str) -> Vec<String> {
    let block = guide
        .split(&format!("$ cargo run -- campaign {command}"))
        .nth(1)
        .unwrap();
    let lines = block.lines().skip(1);
    let lines = lines.take_while(|line| !line.starts_with('$') && !line.starts_with("```"));
    lines
        .filter(|line| line.trim() != "…")
        .map(str::to_owned)
        .collect()
}

#[tokio::test]
async fn the_guide_shows_what_the_commands_print() {
    let guide = crate::documents::document("shared/campaign/README.md");
    let service = Service::start().await;
    let mut asked = asked(&sample("xlsx"), remote(&service));
    let day = until(Duration::from_hours(7 * 24))[..10].to_owned();
    asked.name = Some("Follow-up after surgery".to_owned());
    asked.plan = AskedPlan {
        until: Some(format!("{day}T19:00")),
        hours: None,
        days: None,
        retries: None,
        ..asked.plan
    };
    let imported = run(&import(asked), None).await;
    let list = run(&Command::List(remote(&service)), None).await;
    let id = list.out[..36].to_owned();
    let status = Command::Status(Status {
        id: id.parse().unwrap(),
        watch: false,
        forecast: false,
        remote: remote(&service),
    });
    let status = run(&status, None).await;
    for (command, told) in [
        ("import", imported.out + &imported.talk),
        ("status", status.out),
    ] {
        let told = told.replace(&id, "ID").replace(&day, "2026-12-04");
        let shown = shown(&guide, command);
        assert!(shown.len() >= 3, "{shown:?}");
        for line in shown {
            assert!(told.lines().any(|found| found == line), "{line}\n{told}");
        }
    }
}
