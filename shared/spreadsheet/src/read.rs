//! One door for all formats: a file is told by its first bytes.

use crate::{Options, Refusal, Row, Seen, delimited, package, text, workbook};
use std::{
    io::{BufReader, Read, Seek, SeekFrom},
    ops::ControlFlow,
};

/// First bytes of an OLE container, in which Excel stored its workbooks before 2007, and stores those
/// with a password since.
const OLE: [u8; 8] = [0xd0, 0xcf, 0x11, 0xe0, 0xa1, 0xb1, 0x1a, 0xe1];

/// Shows each row that holds something, in order, until `visit` breaks off.
///
/// # Errors
/// A [`Refusal`]; rows may have been shown before it.
pub fn read<S: Read + Seek>(
    mut source: S,
    options: &Options,
    visit: &mut dyn FnMut(Row) -> ControlFlow<()>,
) -> Result<Seen, Refusal> {
    let mut head = Vec::new();
    source.by_ref().take(8).read_to_end(&mut head)?;
    source.seek(SeekFrom::Start(0))?;
    match head.as_slice() {
        [] => Err(Refusal::Empty),
        [b'P', b'K', ..] => {
            let has_formulas = package::check(&mut source)?;
            source.seek(SeekFrom::Start(0))?;
            let mut seen = workbook::read(BufReader::new(source), options, visit)?;
            seen.has_formulas = has_formulas;
            Ok(seen)
        }
        head if head == OLE => Err(ole(&mut source)?),
        [b'%', b'P', b'D', b'F', ..] => Err(Refusal::OtherFormat("a PDF")),
        [b'{', b'\\', b'r', b't', b'f', ..] => Err(Refusal::OtherFormat("a text document")),
        [b'<', ..] => Err(Refusal::OtherFormat("a web page or XML")),
        _ => delimited::read(text::decoded(source)?, options, visit),
    }
}

/// Tells a workbook with a password from one of before 2007 by the name of its stream.
fn ole(source: &mut impl Read) -> Result<Refusal, Refusal> {
    let name: Vec<u8> = "EncryptedPackage".bytes().flat_map(|b| [b, 0]).collect();
    let mut window = vec![0; 1 << 16];
    let mut held = 0;
    let mut left = crate::PACKED_BYTES_MAX;
    loop {
        let got = source.read(&mut window[held..])?;
        if got == 0 {
            return Ok(Refusal::LegacyXls);
        }
        held += got;
        if window[..held].windows(name.len()).any(|part| part == name) {
            return Ok(Refusal::Encrypted);
        }
        let kept = held.min(name.len());
        window.copy_within(held - kept..held, 0);
        held = kept;
        left = left
            .checked_sub(u64::try_from(got).unwrap_or(u64::MAX))
            .ok_or(Refusal::TooLarge)?;
    }
}
