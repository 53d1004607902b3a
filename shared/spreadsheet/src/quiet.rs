//! Panics over the content of a file.

use std::{
    cell::Cell,
    panic::{self, AssertUnwindSafe, PanicHookInfo, catch_unwind},
    sync::Once,
};

thread_local! {
    static IS_QUIET: Cell<bool> = const { Cell::new(false) };
}

type Hook = Box<dyn Fn(&PanicHookInfo<'_>) + Send + Sync>;

/// Does what may panic over the content of a file; `None` if it did. Such a panic says nothing: its
/// message may quote what stands in a cell, and what a process says is logged.
pub fn quietly<T>(work: impl FnOnce() -> T) -> Option<T> {
    static INSTALLED: Once = Once::new();
    INSTALLED.call_once(|| {
        let before = panic::take_hook();
        panic::set_hook(unless_quiet(before));
    });
    let was_quiet = IS_QUIET.replace(true);
    let done = catch_unwind(AssertUnwindSafe(work));
    IS_QUIET.set(was_quiet);
    done.ok()
}

fn unless_quiet(before: Hook) -> Hook {
    Box::new(move |info| {
        if !IS_QUIET.get() {
            before(info);
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;
    use std::sync::{Arc, Mutex};

    #[test]
    fn a_panic_over_a_cell_says_nothing_of_it_and_any_other_is_told() {
        let said = Arc::new(Mutex::new(Vec::new()));
        assert_eq!(quietly(|| 1), Some(1));
        let before = panic::take_hook();
        let (heard, here) = (said.clone(), std::thread::current().id());
        panic::set_hook(unless_quiet(Box::new(move |info| {
            if std::thread::current().id() == here {
                heard.lock().unwrap().push(info.to_string());
            }
        })));
        let cell = "+911234567890".to_owned();
        assert_eq!(quietly(|| assert!(cell.is_empty(), "{cell}")), None);
        let loud = catch_unwind(|| panic!("of ours"));
        panic::set_hook(before);
        let said = said.lock().unwrap();
        assert!(loud.is_err() && said.len() == 1, "{said:?}");
        assert!(said[0].contains("of ours"));
    }
}
