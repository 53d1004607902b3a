//! One target of `tests::fuzz` under libFuzzer; `.ci/fuzz` builds and runs it. `FUZZ_TARGET` names the target.
#![no_main]

use libfuzzer_sys::fuzz_target;
use std::sync::LazyLock;
use tests::fuzz::{Target, target};

static TARGET: LazyLock<Target> = LazyLock::new(|| {
    let name = std::env::var("FUZZ_TARGET").expect("FUZZ_TARGET names a target");
    target(&name).expect("a target of tests::fuzz")
});

fuzz_target!(|bytes: &[u8]| TARGET(bytes));
