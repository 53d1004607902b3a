use super::*;

const START: Timestamp = Timestamp::from_millis(1_793_400_000_000);

fn secs(n: u64) -> Duration {
    Duration::from_secs(n)
}

fn failing(vendor: Vendor, cause: Cause) -> Dialling {
    let sign = Sign::Fails(cause);
    Dialling::default().seen(vendor, sign, START).unwrap()
}

#[test]
fn what_fails_every_call_holds_all_back_at_once_and_says_why() {
    for (vendor, cause, reason) in [
        (Vendor::Carrier, Cause::Balance, "carrier_balance"),
        (Vendor::Agent, Cause::Configuration, "agent_configuration"),
    ] {
        let dialling = failing(vendor, cause);
        assert_eq!(dialling.permit(START), Permit::None);
        assert_eq!(dialling.reason().as_deref(), Some(reason));
    }
    assert_eq!(Dialling::default().permit(START), Permit::All);
    assert_eq!(Dialling::default().reason(), None);
}

#[test]
fn one_call_at_a_time_is_let_through_ever_more_rarely_until_it_works() {
    let mut dialling = failing(Vendor::Carrier, Cause::Auth);
    let mut now = START;
    for pause in [30, 60, 120, 240, 300, 300] {
        let due = now + secs(pause);
        let before = Timestamp::from_millis(due.as_millis() - 1);
        assert_eq!(dialling.permit(before), Permit::None, "{pause}");
        assert_eq!(dialling.permit(due), Permit::One, "{pause}");
        now = due;
        dialling = dialling.probing(now);
        assert_eq!(dialling.permit(now), Permit::None, "claimed");
        let again = Sign::Fails(Cause::Auth);
        assert_eq!(dialling.seen(Vendor::Carrier, again, now), None);
    }
    let well = dialling.seen(Vendor::Carrier, Sign::Works, now).unwrap();
    assert_eq!(well.permit(now), Permit::All);
}

#[test]
fn the_other_vendors_word_closes_nothing() {
    let dialling = failing(Vendor::Agent, Cause::Quota);
    assert_eq!(dialling.seen(Vendor::Carrier, Sign::Works, START), None);
    let both = dialling
        .probing(START + secs(30))
        .seen(Vendor::Carrier, Sign::Fails(Cause::Auth), START + secs(40))
        .unwrap();
    // The agent's probe is due at 90 s, the carrier's at 70 s: both must be.
    assert_eq!(both.permit(START + secs(75)), Permit::None);
    assert_eq!(both.permit(START + secs(90)), Permit::One);
}

#[test]
fn passing_trouble_holds_back_when_it_comes_in_a_burst() {
    let stumble = |dialling: &Dialling, at| {
        let seen = dialling.seen(Vendor::Carrier, Sign::Stumbles, at);
        seen.unwrap_or_else(|| dialling.clone())
    };
    let mut dialling = Dialling::default();
    for n in 1..BURST {
        dialling = stumble(&dialling, START + secs(u64::from(n)));
        assert_eq!(dialling.permit(START), Permit::All, "{n}");
    }
    let burst = stumble(&dialling, START + secs(59));
    assert_eq!(burst.reason().as_deref(), Some("carrier_burst"));

    let slow = stumble(&dialling, START + secs(61));
    assert_eq!(slow.permit(START + secs(61)), Permit::All, "counts anew");

    let well = dialling.seen(Vendor::Carrier, Sign::Works, START).unwrap();
    assert_eq!(well, Dialling::default());
    assert_eq!(well.seen(Vendor::Carrier, Sign::Works, START), None);
}

#[test]
fn an_operator_holds_back_until_an_operator_lets_go() {
    let pause = Pause {
        by: "night".to_owned(),
        since: START,
        reason: None,
    };
    let paused = failing(Vendor::Agent, Cause::Burst).pause(pause);
    assert_eq!(paused.reason().as_deref(), Some("operator"));
    let later = START + secs(86_400);
    assert_eq!(paused.permit(later), Permit::None);
    let works = paused.seen(Vendor::Agent, Sign::Works, later).unwrap();
    assert_eq!(works.permit(later), Permit::None);
    assert_eq!(paused.resume().permit(later), Permit::All);
}

#[test]
fn it_says_since_when_and_stays_the_next_version_when_it_is_resumed() {
    let failing = Dialling {
        version: 7,
        ..failing(Vendor::Carrier, Cause::Auth)
    };
    assert_eq!(failing.since(), Some(START));
    let stumbles = failing.seen(Vendor::Carrier, Sign::Stumbles, START + secs(1));
    assert_eq!(stumbles, None, "it is known to fail");
    let resumed = failing.resume();
    assert_eq!((resumed.version, resumed.since()), (7, None));
}

#[test]
fn what_a_dial_that_was_not_taken_says_of_the_carrier() {
    for (because, sign) in [
        (Hindrance::Auth, Some(Sign::Fails(Cause::Auth))),
        (Hindrance::Balance, Some(Sign::Fails(Cause::Balance))),
        (Hindrance::Account, Some(Sign::Fails(Cause::Account))),
        (Hindrance::NoConnection, Some(Sign::Stumbles)),
        (Hindrance::RateLimited, None),
        (Hindrance::ChannelsBusy, None),
    ] {
        assert_eq!(Sign::of_hindrance(because), sign, "{because:?}");
    }
}
