//! Calls written to a file, and outcomes sent again.

use super::{READER, World, calls, run};
use call::ids::CallId;
use local::{
    calls::{
        Command, Events,
        export::{self, Format},
        replay,
    },
    campaign::{Ended, Remote, Talk},
};
use simulators::{cases::Case, crm::Receiver};
use std::{
    fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    time::Duration,
};
use store::clock::{Clock, SystemClock};

fn export(format: Format, out: Option<PathBuf>, remote: Remote) -> export::Arguments {
    let day = |ahead: u64| {
        let at = SystemClock.now() + Duration::from_hours(24 * ahead);
        at.to_string()[..10].parse().unwrap()
    };
    export::Arguments {
        from: day(0),
        to: day(1),
        format,
        out,
        force: false,
        remote,
    }
}

/// A call of which a receiver was told that it has failed.
async fn failed(world: &World) -> (CallId, Receiver) {
    let receiver = Receiver::start().await;
    let mut asked = calls::to(Case::Rejected, world.remote());
    asked.callback_url = Some(receiver.url("/"));
    let id = calls::placed(world, asked).await;
    receiver.wait_for(1, Duration::from_secs(20)).await;
    (id, receiver)
}

#[tokio::test]
async fn the_calls_of_some_days_are_written_for_their_reader_alone() {
    let world = World::start().await;
    let (id, _receiver) = failed(&world).await;
    let path = Path::new(env!("CARGO_TARGET_TMPDIR")).join("export.csv");
    let _ = fs::remove_file(&path);
    let to_file = export(Format::Csv, Some(path.clone()), world.remote());
    let write = Command::Export(to_file.clone());
    let told = run(&write, None).await.done();
    assert!(told.ends_with("readable by you alone\n"), "{told}");
    let text = fs::read_to_string(&path).unwrap();
    assert!(
        text.contains(&id.to_string()) && text.contains("rejected"),
        "{text}"
    );
    assert_eq!(
        fs::metadata(&path).unwrap().permissions().mode() & 0o777,
        0o600
    );
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let mut talk = Talk::into(&mut talk);
    let taken = write.run(&super::env(None), &mut out, &mut talk).await;
    assert!(taken.is_err(), "the file was there");
    let forced = Command::Export(export::Arguments {
        force: true,
        ..to_file
    });
    run(&forced, None).await.done();
    let printed = run(
        &Command::Export(export(Format::Json, None, world.remote())),
        None,
    )
    .await
    .json();
    assert_eq!(printed[0]["sessionId"], id.to_string());
    assert_eq!(printed.as_array().unwrap().len(), 1);
    let may_not = run(
        &Command::Export(export(Format::Csv, None, world.remote())),
        Some(READER),
    )
    .await;
    assert_eq!(
        (may_not.ended, may_not.out.as_str()),
        (Ended::NotAllowed, "")
    );
}

#[tokio::test]
async fn the_outcomes_of_a_call_are_sent_again() {
    let world = World::start().await;
    let (id, receiver) = failed(&world).await;
    let replay = |id: Option<CallId>, remote| {
        let parked = id.is_none();
        Command::Events(Events::Replay(replay::Arguments { id, parked, remote }))
    };
    let told = run(&replay(Some(id), world.remote()), None).await.done();
    assert_eq!(told, "1 outcomes are sent again within seconds\n");
    let notices = receiver.wait_for(2, Duration::from_secs(20)).await;
    assert_eq!(notices[0].id, notices[1].id);
    let none = run(&replay(None, world.json()), None).await.json();
    assert_eq!(none["queued"], 0);
}
