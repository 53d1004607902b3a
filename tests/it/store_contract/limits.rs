//! What keeps a dial from being begun or sent: pace, both plans, and the list of opt-outs.

use super::*;
use store::OptOut;

fn opt_out(number: &str) -> OptOut {
    OptOut {
        phone_number: phone(number),
        since: START,
        by: "crm".to_owned(),
        reason: Some("asked by phone".to_owned()),
    }
}

#[tokio::test]
async fn no_more_dials_are_begun_in_a_second_than_the_pace_allows() {
    let contract = Contract::new().await;
    let paced = Policy {
        dials_per_second: Some(2),
        ..Policy::default()
    };
    let mut waiting = Vec::new();
    for n in 0..4 {
        waiting.push(contract.create(&format!("+91123456780{n}")).await);
    }
    let begin = async |session: &CallSession, after_millis| {
        let now = START + Duration::from_millis(after_millis);
        let dial = session.apply(&CallEvent::DialDue, now, &paced).unwrap();
        contract.store.commit(&dial).await.unwrap()
    };
    assert_eq!(begin(&waiting[0], 0).await, Commit::Applied);
    assert_eq!(begin(&waiting[1], 999).await, Commit::Applied);
    assert_eq!(begin(&waiting[2], 999).await, Commit::Paced);
    assert_eq!(contract.store.channels_in_use().await.unwrap(), 2);
    assert_eq!(begin(&waiting[2], 1_000).await, Commit::Applied);
    assert_eq!(begin(&waiting[3], 1_000).await, Commit::Applied);
}

#[tokio::test]
async fn the_smaller_of_both_plans_limits_the_live_calls() {
    let contract = Contract::new().await;
    for (carrier, agents) in [(1, Some(9)), (9, Some(1)), (1, None)] {
        let policy = Policy {
            max_concurrent_calls: carrier,
            agent_concurrency: agents,
            ..Policy::default()
        };
        let mut commits = Vec::new();
        let mut begun = Vec::new();
        for number in ["+911234567890", "+911234567891"] {
            let session = contract.create(number).await;
            let dial = decide_by(&policy, &session, &CallEvent::DialDue);
            commits.push(contract.store.commit(&dial).await.unwrap());
            begun.push(session.id);
        }
        assert_eq!(commits, [Commit::Applied, Commit::NoChannel]);
        for id in begun {
            let session = contract.store.load(id).await.unwrap().unwrap();
            contract.commit(&session, CallEvent::Cancelled).await;
        }
    }
}

#[tokio::test]
async fn the_live_calls_are_counted_as_the_counter_counts_them() {
    let contract = Contract::new().await;
    contract.create("+911234567801").await;
    let live = contract.live_call("+911234567802").await;
    let dialing = contract.create("+911234567803").await;
    contract.commit(&dialing, CallEvent::DialDue).await;
    assert_eq!(contract.store.live_calls().await.unwrap(), 2);
    assert_eq!(contract.store.channels_in_use().await.unwrap(), 2);
    contract.commit(&live, CallEvent::Cancelled).await;
    assert_eq!(contract.store.live_calls().await.unwrap(), 1);
    assert_eq!(contract.store.channels_in_use().await.unwrap(), 1);
}

#[tokio::test]
async fn a_number_on_the_list_gets_no_new_call() {
    let contract = Contract::new().await;
    let entry = opt_out("+911234567890");
    assert!(contract.store.opt_out(&entry).await.unwrap().1);
    let request = request_for("+911234567890");
    let decision = CallSession::create(&request, START, &contract.policy);
    let created = contract.store.create(&request, &decision, None).await;
    assert_eq!(created.unwrap(), Created::OptedOut);
    assert_eq!(contract.store.load(request.id).await.unwrap(), None);

    let removed = contract.store.opt_in(&entry.phone_number).await.unwrap();
    assert_eq!(removed, Some(entry));
    let created = contract.store.create(&request, &decision, None).await;
    assert_eq!(created.unwrap(), Created::Stored);
}

#[tokio::test]
async fn the_right_to_send_is_refused_to_a_number_on_the_list() {
    let contract = Contract::new().await;
    let waiting = contract.create("+911234567890").await;
    let intended = contract.commit(&waiting, CallEvent::DialDue).await;
    contract
        .store
        .opt_out(&opt_out("+911234567890"))
        .await
        .unwrap();

    let send = contract.decide(&intended, &CallEvent::DialDispatched { attempt: 1 });
    let commit = contract.store.commit(&send).await;
    assert_eq!(commit.unwrap(), Commit::OptedOut);
    let stored = contract.store.load(waiting.id).await.unwrap();
    assert_eq!(stored, Some(intended.clone()), "nothing was stored");
    contract.commit(&intended, CallEvent::OptedOut).await;
    assert_eq!(contract.store.channels_in_use().await.unwrap(), 0);
}

#[tokio::test]
async fn opting_out_again_keeps_the_first_entry() {
    let contract = Contract::new().await;
    let first = opt_out("+911234567890");
    let second = OptOut {
        since: START + Duration::from_secs(60),
        ..first.clone()
    };
    assert_eq!(
        contract.store.opt_out(&first).await.unwrap(),
        (first.clone(), true)
    );
    assert_eq!(
        contract.store.opt_out(&second).await.unwrap(),
        (first.clone(), false)
    );
    let known = contract
        .store
        .opt_out_of(&first.phone_number)
        .await
        .unwrap();
    assert_eq!(known, Some(first));
}

#[tokio::test]
async fn the_list_is_read_in_pages() {
    let contract = Contract::new().await;
    for n in 0..5 {
        let number = format!("+91123456789{n}");
        contract.store.opt_out(&opt_out(&number)).await.unwrap();
    }
    let (mut seen, mut after) = (Vec::new(), None);
    loop {
        let (page, next) = contract.store.opt_outs(after.as_ref(), 2).await.unwrap();
        assert!(page.len() <= 2);
        seen.extend(
            page.into_iter()
                .map(|entry| entry.phone_number.e164().to_owned()),
        );
        after = next;
        if after.is_none() {
            break;
        }
    }
    let expected: Vec<_> = (0..5).map(|n| format!("+91123456789{n}")).collect();
    assert_eq!(seen, expected);
}
