//! An XLSX file is a zip: what is in it is measured before anything is made of it.

use crate::{PACKED_BYTES_MAX, Refusal, SHARED_BYTES_MAX, UNPACKED_BYTES_MAX};
use memchr::memmem;
use std::io::{Read, Seek, SeekFrom};
use zip::ZipArchive;

/// Most parts of a workbook. One with a sheet for each day of a year has fewer.
const PARTS_MAX: usize = 2_000;

/// Longest stretch of XML without a `<` (4 MB). The reader of XML holds such a stretch; a text of the
/// length that Excel allows is shorter.
const STRETCH_BYTES_MAX: u64 = 4_000_000;

/// Most bytes of a part that is not named as XML, such as a picture (64 MB): its content is not looked
/// at, and whoever names it as a sheet gains no more than this.
const OTHER_BYTES_MAX: u64 = 64_000_000;

/// How much is unpacked at a time.
const CHUNK_BYTES: usize = 64 * 1024;

/// Bytes of a chunk that are looked at again with the next one, so that no word is missed at the joint.
const JOINT_BYTES: usize = 64;

/// Refuses what would not fit into bounds once it is unpacked. First the sizes that the directory
/// states are added up; then each part is unpacked into nothing, because a directory may lie. Says
/// whether the sheets hold formulas.
pub(crate) fn check<S: Read + Seek>(source: &mut S) -> Result<bool, Refusal> {
    if source.seek(SeekFrom::End(0))? > PACKED_BYTES_MAX {
        return Err(Refusal::TooLarge);
    }
    source.seek(SeekFrom::Start(0))?;
    let mut archive = ZipArchive::new(source).map_err(|_| Refusal::Corrupt("not a whole zip"))?;
    check_directory(&mut archive)?;
    let mut has_formulas = false;
    for index in 0..archive.len() {
        has_formulas |= check_part(&mut archive, index)?;
    }
    Ok(has_formulas)
}

fn check_directory<S: Read + Seek>(archive: &mut ZipArchive<S>) -> Result<(), Refusal> {
    if archive.len() > PARTS_MAX {
        return Err(Refusal::TooLarge);
    }
    let (mut unpacked, mut names) = (0_u64, Vec::new());
    for index in 0..archive.len() {
        let part = archive.by_index_raw(index).map_err(broken)?;
        if part.encrypted() {
            return Err(Refusal::Encrypted);
        }
        let name = part.name().map_err(broken)?.to_ascii_lowercase();
        let size = part.size();
        unpacked = unpacked.saturating_add(size);
        let is_shared = name.ends_with("sharedstrings.xml");
        if unpacked > UNPACKED_BYTES_MAX
            || (is_shared && size > SHARED_BYTES_MAX)
            || (!is_xml(&name) && size > OTHER_BYTES_MAX)
        {
            return Err(Refusal::TooLarge);
        }
        names.push(name);
    }
    let has = |end: &str| names.iter().any(|name| name.ends_with(end));
    match () {
        () if has("xl/workbook.bin") => Err(Refusal::OtherFormat("a binary workbook (.xlsb)")),
        () if names.iter().any(|name| name == "mimetype") => {
            Err(Refusal::OtherFormat("an OpenDocument file (.ods)"))
        }
        () if has("word/document.xml") => Err(Refusal::OtherFormat("a Word document")),
        () if !has(".xml") => Err(Refusal::OtherFormat("a zip")),
        () => Ok(()),
    }
}

/// Whether a part of this name holds XML. By its name, because a part that begins as a picture does may
/// be read as XML all the same.
fn is_xml(name: &str) -> bool {
    let name = name.to_ascii_lowercase();
    [".xml", ".rels", ".vml"]
        .iter()
        .any(|end| name.ends_with(end))
}

fn broken(_: zip::result::ZipError) -> Refusal {
    Refusal::Corrupt("its zip cannot be read")
}

fn check_part<S: Read + Seek>(archive: &mut ZipArchive<S>, index: usize) -> Result<bool, Refusal> {
    let part = archive.by_index(index).map_err(broken)?;
    let size = part.size();
    let is_xml = is_xml(&part.name().map_err(broken)?);
    let mut part = part.take(size.saturating_add(1));
    let mut scan = Scan::new(size, is_xml);
    let mut chunk = vec![0; CHUNK_BYTES];
    loop {
        let got = part.read(&mut chunk);
        let got = got.map_err(|_| Refusal::Corrupt("a part of it cannot be unpacked"))?;
        if got == 0 {
            break;
        }
        scan.chunk(&chunk[..got])?;
    }
    if scan.seen != size {
        return Err(Refusal::Corrupt("a part is not as large as it says"));
    }
    Ok(scan.has_formulas)
}

/// Looks through one part as it is unpacked.
struct Scan {
    size: u64,
    seen: u64,
    is_xml: bool,
    stretch: u64,
    joint: Vec<u8>,
    has_formulas: bool,
}

impl Scan {
    fn new(size: u64, is_xml: bool) -> Self {
        Self {
            size,
            seen: 0,
            is_xml,
            stretch: 0,
            joint: Vec::new(),
            has_formulas: false,
        }
    }

    fn chunk(&mut self, chunk: &[u8]) -> Result<(), Refusal> {
        self.seen += u64::try_from(chunk.len()).unwrap_or(u64::MAX);
        if !self.is_xml {
            return Ok(());
        }
        for byte in chunk {
            self.stretch = if *byte == b'<' { 0 } else { self.stretch + 1 };
            if self.stretch > STRETCH_BYTES_MAX {
                return Err(Refusal::Corrupt("a cell has millions of characters"));
            }
        }
        self.joint.extend(chunk);
        self.words()?;
        let kept = self.joint.len().min(JOINT_BYTES);
        self.joint.drain(..self.joint.len() - kept);
        Ok(())
    }

    fn words(&mut self) -> Result<(), Refusal> {
        if self.joint.contains(&0) {
            return Err(Refusal::Corrupt("its XML is not UTF-8"));
        }
        self.has_formulas |= [b"<f>", b"<f "]
            .iter()
            .any(|word| memmem::find(&self.joint, *word).is_some());
        // The reader of the workbook makes room for as many texts as are stated here.
        let mut rest = self.joint.as_slice();
        while let Some(at) = memmem::find(rest, b"uniqueCount") {
            rest = &rest[at + b"uniqueCount".len()..];
            let digits = rest.iter().take(JOINT_BYTES);
            let digits = digits.skip_while(|b| !b.is_ascii_digit());
            let digits: Vec<u8> = digits.take_while(|b| b.is_ascii_digit()).copied().collect();
            let stated = String::from_utf8_lossy(&digits).parse::<u64>();
            if stated.is_ok_and(|stated| stated > self.size) || digits.len() > 19 {
                return Err(Refusal::Corrupt("it states more texts than it has"));
            }
        }
        Ok(())
    }
}
