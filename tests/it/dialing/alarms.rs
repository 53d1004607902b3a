//! What goes wrong with dials and deadlines raises its alarm.

use super::*;
use crate::template::fires;
use logging::metrics::Noted;

#[tokio::test]
async fn a_carrier_that_refuses_the_account_raises_an_alarm_and_so_do_the_calls_that_wait() {
    for (hindrance, alarm) in [
        (Hindrance::Auth, 0),
        (Hindrance::Balance, 1),
        (Hindrance::Account, 2),
    ] {
        let world = World::start().await;
        let (noted, _guard) = Noted::start();
        world.carrier.refuse("+911234567801", hindrance);
        world.call(in_shard(0), "+911234567801").await;
        sweep::tick(&world.app).await;
        match alarm {
            0 => fires("CarrierKeyAlarm", &noted),
            1 => fires("CarrierBalanceAlarm", &noted),
            _ => fires("CarrierAccountAlarm", &noted),
        }
        world.call(in_shard(1), "+911234567802").await;
        sweep::tick(&world.app).await;
        fires("DiallingPausedAlarm", &noted);
    }
}

#[tokio::test]
async fn channels_that_are_all_taken_and_deadlines_that_are_late_raise_alarms() {
    let world = World::start().await;
    let channels = Policy::default().max_concurrent_calls;
    let (noted, _guard) = Noted::start();
    for n in 0..channels {
        let id = world
            .call(store::clock::draw_call_id(), &format!("+9112345678{n:02}"))
            .await;
        world.apply(id, CallEvent::DialDue).await;
    }
    sweep::tick(&world.app).await;
    fires("ChannelsUsedAlarm", &noted);
    // As if no sweep had run meanwhile.
    world.clock.advance(A_WHILE);
    let (noted, _guard) = Noted::start();
    sweep::tick(&world.app).await;
    fires("SweepLagAlarm", &noted);
    fires("CallsOverdueAlarm", &noted);
}

#[tokio::test]
async fn phones_that_nobody_picks_up_raise_an_alarm() {
    let world = World::start().await;
    let (noted, _guard) = Noted::start();
    for n in 0..20 {
        let id = world
            .call(store::clock::draw_call_id(), &format!("+9112345678{n:02}"))
            .await;
        world.apply(id, CallEvent::DialDue).await;
        let (attempt, status) = (1, CarrierStatus::NoAnswer);
        world.apply(id, CallEvent::DialDispatched { attempt }).await;
        world
            .apply(id, CallEvent::Carrier { attempt, status })
            .await;
    }
    fires("AnsweredShareAlarm", &noted);
}

#[tokio::test]
async fn a_table_that_is_away_raises_an_alarm() {
    let world = World::over(CallStore::local("http://127.0.0.1:1", "calls"), None);
    let (noted, _guard) = Noted::start();
    sweep::tick(&world.app).await;
    fires("SweepErrorsAlarm", &noted);
}
