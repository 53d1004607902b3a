//! The bytes of a text file, as UTF-8.

use crate::{Refusal, TEXT_BYTES_MAX};
use std::io::{self, BufRead, BufReader, Read, Seek, SeekFrom};

/// The text of a file without its byte order mark. UTF-16 as Excel's "Unicode Text" has it is turned
/// into UTF-8; everything else is left as it is, for the rows to be judged one by one.
///
/// # Errors
/// [`Refusal`], if the file is too large, or UTF-16 of the order that Excel does not write.
pub(crate) fn decoded<'a, S: Read + Seek + 'a>(
    mut source: S,
) -> Result<Box<dyn BufRead + 'a>, Refusal> {
    if source.seek(SeekFrom::End(0))? > TEXT_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    let mut mark = Vec::new();
    source.seek(SeekFrom::Start(0))?;
    source.by_ref().take(3).read_to_end(&mut mark)?;
    let begins = match mark.as_slice() {
        [0xef, 0xbb, 0xbf] => 3,
        [0xfe, 0xff, ..] => return Err(Refusal::Encoding { row: 1 }),
        [0xff, 0xfe, ..] => 2,
        _ => 0,
    };
    source.seek(SeekFrom::Start(begins))?;
    let bytes = BufReader::new(source);
    match begins {
        2 => Ok(Box::new(BufReader::new(Utf16::new(bytes)))),
        _ => Ok(Box::new(bytes)),
    }
}

/// UTF-16LE on its way to UTF-8. What cannot be text becomes a byte that UTF-8 does not have, so that
/// its row is refused as any other row that is not UTF-8.
struct Utf16<R> {
    units: R,
    /// A unit that was read while a pair was looked for.
    next: Option<u16>,
    /// Bytes of a character that did not fit.
    left: Vec<u8>,
}

/// A byte that no UTF-8 has.
const NO_TEXT: u8 = 0xff;

impl<R: Read> Utf16<R> {
    fn new(units: R) -> Self {
        Self {
            units,
            next: None,
            left: Vec::new(),
        }
    }

    fn unit(&mut self) -> io::Result<Option<Result<u16, ()>>> {
        if let Some(unit) = self.next.take() {
            return Ok(Some(Ok(unit)));
        }
        let mut pair = Vec::with_capacity(2);
        self.units.by_ref().take(2).read_to_end(&mut pair)?;
        Ok(match pair.as_slice() {
            [] => None,
            [low, high] => Some(Ok(u16::from_le_bytes([*low, *high]))),
            _ => Some(Err(())), // Half a unit at the end.
        })
    }

    fn character(&mut self) -> io::Result<Option<Vec<u8>>> {
        let Some(first) = self.unit()? else {
            return Ok(None);
        };
        let Ok(first) = first else {
            return Ok(Some(vec![NO_TEXT]));
        };
        let mut units = vec![first];
        if (0xd800..0xdc00).contains(&first)
            && let Some(Ok(second)) = self.unit()?
        {
            if (0xdc00..0xe000).contains(&second) {
                units.push(second);
            } else {
                self.next = Some(second);
            }
        }
        let text = String::from_utf16(&units);
        Ok(Some(text.map_or(vec![NO_TEXT], String::into_bytes)))
    }
}

impl<R: Read> Read for Utf16<R> {
    fn read(&mut self, into: &mut [u8]) -> io::Result<usize> {
        while self.left.len() < into.len() {
            match self.character()? {
                Some(bytes) => self.left.extend(bytes),
                None => break,
            }
        }
        let given = self.left.len().min(into.len());
        into[..given].copy_from_slice(&self.left[..given]);
        self.left.drain(..given);
        Ok(given)
    }
}
