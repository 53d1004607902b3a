//! What was found worth trying by `.ci/fuzz`, and each of it spoilt in a few ways.

use std::{fs, path::Path};
use tests::fuzz::TARGETS;

/// Spoilt versions of each input.
const SPOILT: u64 = 40;

/// One byte changed, some left out, or the end cut off, as the number says.
fn spoilt(bytes: &[u8], number: u64) -> Vec<u8> {
    let mut bytes = bytes.to_vec();
    let draw = number.wrapping_mul(0x9e37_79b9_7f4a_7c15) >> 16;
    if bytes.is_empty() {
        return bytes;
    }
    let at = usize::try_from(draw).unwrap() % bytes.len();
    match number % 4 {
        0 => bytes[at] ^= 1 << ((draw >> 40) % 8),
        1 => bytes[at] = b"\"'{}[],:\\%\0\xff"[at % 12],
        2 => drop(bytes.drain(at..(at + 5).min(bytes.len()))),
        _ => bytes.truncate(at),
    }
    bytes
}

#[test]
fn no_bytes_that_were_tried_break_what_reads_them() {
    crate::privacy::watch();
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    for (name, target) in TARGETS {
        let inputs = fs::read_dir(folder.join(name)).unwrap();
        let mut tried = 0;
        for input in inputs {
            let path = input.unwrap().path();
            println!("{}", path.display()); // Shown if it fails.
            let bytes = fs::read(path).unwrap();
            target(&bytes);
            (0..SPOILT).for_each(|number| target(&spoilt(&bytes, number)));
            tried += 1;
        }
        assert!(tried >= 3, "{name}");
    }
}

/// A folder without its target would never be tried.
#[test]
fn every_folder_of_inputs_has_its_target() {
    let folder = Path::new(env!("CARGO_MANIFEST_DIR")).join("fuzz");
    let folders = fs::read_dir(folder).unwrap();
    let mut folders: Vec<_> = folders.map(|folder| folder.unwrap().file_name()).collect();
    folders.sort();
    assert_eq!(folders, TARGETS.map(|(name, _)| name));
}
