//! What the callee types.

use super::*;

fn press(sim: &mut Sim, keys: &str) -> Vec<Output> {
    sim.feed(Input::CarrierTyped(keys.into()))
}

fn typed(keys: &str) -> Output {
    Output::Typed(keys.into())
}

#[test]
fn keys_are_told_together_after_a_pause() {
    let mut sim = Sim::talking();
    for key in ["4", "2"] {
        assert_eq!(press(&mut sim, key), []);
        assert_eq!(sim.run_for(ms(1_500)), []);
    }
    assert_eq!(sim.timed_down(ms(5_000)), [(3_500, typed("42"))]);
    press(&mut sim, "7");
    assert_eq!(sim.run_for(ms(5_000)), [typed("7")]);
}

#[test]
fn a_hash_says_that_it_is_complete() {
    let mut sim = Sim::talking();
    press(&mut sim, "98");
    press(&mut sim, "#");
    assert_eq!(sim.run_for(ms(20)), [typed("98#")]);
    assert_eq!(sim.run_for(ms(5_000)), []);
}

#[test]
fn an_agent_that_comes_later_is_told_and_one_that_is_gone_is_not() {
    let mut sim = Sim::opening(BridgeConfig::default());
    press(&mut sim, "5");
    sim.run_for(ms(3_000));
    sim.agent_ready();
    assert_eq!(sim.run_for(ms(2_000)), [typed("5")]);

    sim.feed(Input::Say(speech(1, ms(100))));
    press(&mut sim, "6");
    assert!(!sim.run_for(ms(5_000)).contains(&typed("6")));
}

#[test]
fn no_more_is_kept_than_anybody_types_and_nothing_that_is_no_key() {
    let mut sim = Sim::talking();
    press(&mut sim, "1x\n\u{967}*");
    press(&mut sim, &"9".repeat(1_000));
    let keys = format!("1*{}", "9".repeat(30));
    assert_eq!(sim.run_for(ms(5_000)), [typed(&keys)]);
    press(&mut sim, "x");
    assert_eq!(sim.run_for(ms(5_000)), []);
}
