//! Which bytes of a recording a client asks for.

use recordings::{Asked, Wanted};

/// Most bytes of one answer.
const MOST: u64 = 4 * 1024 * 1024;

/// A length in eight bytes, the least first, and after it a header.
pub(super) fn read(bytes: &[u8]) {
    let Some((len, header)) = bytes.split_first_chunk() else {
        return;
    };
    let len = u64::from_le_bytes(*len);
    let header = std::str::from_utf8(header).ok();
    match Asked::read(header).of_file(len, MOST) {
        Wanted::Whole => assert!(len <= MOST, "more than one answer holds"),
        Wanted::Part(range) => {
            assert!(range.start < range.end && range.end <= len, "not there");
            assert!(range.end - range.start <= MOST, "too much");
        }
        Wanted::TooMuch => assert!(len > MOST, "it fits"),
        Wanted::Outside => {}
    }
}
