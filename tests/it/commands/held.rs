//! All dials held back, and a patient erased.

use super::{READER, World, calls, env, run};
use local::{
    calls::{
        Command,
        dialling::{Dialling, Pause},
        patients::{Erase, Named, Patients},
    },
    campaign::{Ended, Remote, Talk},
};
use simulators::cases::Case;

fn pause(remote: Remote) -> Command {
    let reason = Some("no relay".to_owned());
    Command::Dialling(Dialling::Pause(Pause { reason, remote }))
}

#[tokio::test]
async fn all_dials_are_held_back_and_let_go_on() {
    let world = World::start().await;
    let status = Command::Dialling(Dialling::Status(world.remote()));
    assert_eq!(run(&status, Some(READER)).await.done(), "phones ring\n");
    assert_eq!(
        run(&pause(world.remote()), Some(READER)).await.ended,
        Ended::NotAllowed
    );
    let told = run(&pause(world.remote()), None).await.done();
    assert!(told.starts_with("no phone rings: operator\n"), "{told}");
    assert!(told.ends_with(" by boss: no relay\n"), "{told}");
    let id = calls::placed(&world, calls::to(Case::Answer, world.remote())).await;
    let told = run(&calls::looks(id, false, world.remote()), None)
        .await
        .done();
    assert!(
        told.ends_with("initiating: no phone may ring (operator)\n"),
        "{told}"
    );
    assert!(world.system.knowlarity.as_ref().unwrap().dials().is_empty());
    let resume = Command::Dialling(Dialling::Resume(world.remote()));
    assert_eq!(run(&resume, None).await.done(), "phones ring\n");
    let json = Command::Dialling(Dialling::Status(world.json()));
    assert_eq!(run(&json, None).await.json()["status"], "running");
}

#[tokio::test]
async fn a_patient_is_kept_and_then_erased_by_who_means_it() {
    let world = World::start().await;
    let mut asked = calls::to(Case::Rejected, world.remote());
    asked.id = Some("ward 3/7".to_owned());
    let id = calls::placed(&world, asked).await;
    let named = || Named {
        id: "ward 3/7".to_owned(),
        remote: world.remote(),
    };
    let erase = |yes| {
        let named = named();
        Command::Patients(Patients::Erase(Erase { yes, named }))
    };
    run(&Command::Patients(Patients::Hold(named())), None)
        .await
        .done();
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let unmeant = erase(false);
    let refused = unmeant
        .run(&env(None), &mut out, &mut Talk::into(&mut talk))
        .await;
    assert!(refused.unwrap_err().to_string().contains("--yes"));
    let told = run(&erase(true), None).await.done();
    assert!(
        told.contains(": 1 calls and 0 rows are out of sight"),
        "{told}"
    );
    assert!(
        told.ends_with("a hold keeps them until it is released\n"),
        "{told}"
    );
    run(&Command::Patients(Patients::Release(named())), None)
        .await
        .done();
    let gone = run(&calls::looks(id, false, world.remote()), None).await;
    assert_eq!((gone.ended, gone.out.as_str()), (Ended::Faulty, ""));
}
