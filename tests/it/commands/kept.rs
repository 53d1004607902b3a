//! What is kept for the next time: numbers that want no calls, and a key.

use super::{READER, World, calls, env, run, told};
use local::{
    campaign::{Ended, Remote},
    login,
    opt_outs::kept::{self, Add, Remove},
    stored::Stored,
};
use simulators::cases::Case;
use std::{fs, path::Path};

#[tokio::test]
async fn numbers_are_put_on_the_list_and_taken_off_it() {
    let world = World::start().await;
    let add = Add {
        numbers: ["+911234560001", "1234560002"]
            .map(|text| text.parse().unwrap())
            .to_vec(),
        reason: Some("asked at the desk".to_owned()),
        remote: world.remote(),
    };
    let added = async || told(async |out, talk| kept::add(&add, &env(None), out, talk).await).await;
    let first = "+911234560001 is new on the list\n+911234560002 is new on the list\n";
    assert_eq!(added().await.done(), first);
    assert_eq!(added().await.done(), first.replace("is new", "was"));
    let refused = run(&calls::call(calls::to(Case::Busy, world.remote())), None).await;
    assert_eq!(refused.ended, Ended::Faulty);
    let list = async || {
        told(async |out, talk| kept::list(&world.remote(), &env(None), out, talk).await).await
    };
    let listed = list().await.done();
    assert_eq!(listed.lines().count(), 2, "{listed}");
    assert!(listed.contains(" by boss: asked at the desk\n"), "{listed}");
    let remove = Remove {
        number: "+911234560001".parse().unwrap(),
        remote: world.remote(),
    };
    let removed =
        async |key| told(async |out, talk| kept::remove(&remove, &env(key), out, talk).await).await;
    assert_eq!(removed(Some(READER)).await.ended, Ended::NotAllowed);
    removed(None).await.done();
    assert_eq!(removed(None).await.ended, Ended::Faulty);
    assert!(!list().await.done().contains("+911234560001"));
}

#[tokio::test]
async fn a_key_is_kept_once_the_system_knows_it_and_never_shown() {
    let world = World::start().await;
    let folder = Path::new(env!("CARGO_TARGET_TMPDIR")).join("login");
    let _ = fs::remove_dir_all(&folder);
    let path = folder.join("outbound-call/login.json");
    let log_in = async |url: &str, key: &str| {
        let arguments = login::Arguments {
            url: url.parse().unwrap(),
        };
        let told = told(async |_, talk| login::login(&arguments, key, &path, talk).await).await;
        assert!(
            !told.talk.contains("-key") && told.out.is_empty(),
            "{}",
            told.talk
        );
        told.ended
    };
    let url = &world.system.api_url;
    assert_eq!(log_in(url, "no-key").await, Ended::NotAllowed);
    assert_eq!(
        log_in("http://127.0.0.1:1", READER).await,
        Ended::Unreachable
    );
    assert!(!path.exists());
    assert_eq!(log_in(url, READER).await, Ended::Done);
    let stored = Stored::load(&path).unwrap().unwrap();
    assert_eq!(&stored.url.to_string(), url);
    let _ = Remote {
        url: stored.url,
        json: false,
    };
}
