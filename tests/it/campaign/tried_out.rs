//! A row tried out at a number of one's own, by the command.

use super::{
    brought::{remote, run},
    control::id_of,
    service::{READER, Service},
};
use local::campaign::{Command, Ended, test_call::Arguments};
use serde_json::json;
use simulators::knowlarity::Dial;

fn command(service: &Service, campaign: &str, row: u32, watch: bool) -> Command {
    Command::TestCall(Arguments {
        id: id_of(campaign),
        row,
        to: "+919876543210".parse().unwrap(),
        language: None,
        watch,
        remote: remote(service),
    })
}

#[tokio::test]
async fn the_command_rings_a_number_and_says_how_it_went() {
    let service = Service::start().await;
    let campaign = service.ready(2, json!({})).await;
    service.dials([Dial::Rejected, Dial::NoAnswer]);
    let told = run(&command(&service, &campaign, 2, true), None).await;
    assert_eq!(told.ended, Ended::Faulty);
    assert!(
        told.out.contains("the call is failed: rejected"),
        "{}",
        told.out
    );
    assert!(
        told.out
            .starts_with("the agent is given patient_name = \"Asha 0\"\n"),
        "{}",
        told.out
    );
    let placed = run(&command(&service, &campaign, 3, false), None).await;
    assert_eq!(placed.ended, Ended::Done);
    assert!(placed.out.ends_with(" is dialing\n"), "{}", placed.out);
    let counts = &service.get(&campaign).await.body["counts"];
    assert_eq!(
        (&counts["pending"], &counts["rows"]),
        (&json!(2), &json!(2))
    );
}

#[tokio::test]
async fn what_cannot_be_tried_out_is_said() {
    let service = Service::start().await;
    let campaign = service.ready(1, json!({})).await;
    let told = run(&command(&service, &campaign, 9, false), None).await;
    assert_eq!(told.ended, Ended::Faulty);
    assert!(
        told.talk.starts_with("row: expected the number"),
        "{}",
        told.talk
    );
    let told = run(&command(&service, &campaign, 2, false), Some(READER)).await;
    assert_eq!(told.ended, Ended::NotAllowed);
}
