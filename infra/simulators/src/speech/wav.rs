//! WAV files in the one format that the streams use.

use std::io::{Cursor, Read, Seek, Write};
use std::path::Path;

use hound::{SampleFormat, WavReader, WavSpec, WavWriter};

use super::SAMPLE_HZ;

/// Why a WAV file could not be used.
#[derive(Debug)]
pub enum WavError {
    /// The file cannot be read or written, or is not a WAV file.
    File(hound::Error),
    /// A WAV file, but not 16 kHz mono signed 16-bit PCM.
    Format(WavSpec),
}

impl std::fmt::Display for WavError {
    fn fmt(&self, f: &mut std::fmt::Formatter<'_>) -> std::fmt::Result {
        match self {
            Self::File(_) => f.write_str("cannot use the WAV file"),
            Self::Format(spec) => write!(
                f,
                "needs 16 kHz mono 16-bit PCM, has {} Hz, {} channels, {} bits",
                spec.sample_rate, spec.channels, spec.bits_per_sample
            ),
        }
    }
}

impl std::error::Error for WavError {
    fn source(&self) -> Option<&(dyn std::error::Error + 'static)> {
        match self {
            Self::File(error) => Some(error),
            Self::Format(_) => None,
        }
    }
}

impl From<hound::Error> for WavError {
    fn from(error: hound::Error) -> Self {
        Self::File(error)
    }
}

/// Reads a 16 kHz mono 16-bit file.
///
/// # Errors
/// [`WavError`] when the file is missing, damaged or in another format.
pub fn read(path: &Path) -> Result<Vec<i16>, WavError> {
    samples(WavReader::open(path)?)
}

/// Reads a 16 kHz mono 16-bit file that is already in memory.
///
/// # Errors
/// [`WavError`] when the bytes are damaged or in another format.
pub fn parse(bytes: &[u8]) -> Result<Vec<i16>, WavError> {
    samples(WavReader::new(Cursor::new(bytes))?)
}

/// Writes one voice.
///
/// # Errors
/// [`WavError::File`] when the file cannot be written.
pub fn write_mono(path: &Path, pcm: &[i16]) -> Result<(), WavError> {
    write_samples(WavWriter::create(path, spec(1))?, pcm.iter().copied())
}

/// Writes two voices side by side; the shorter one is filled up with silence.
///
/// # Errors
/// [`WavError::File`] when the file cannot be written.
pub fn write_stereo(path: &Path, left: &[i16], right: &[i16]) -> Result<(), WavError> {
    let at = |voice: &[i16], n: usize| voice.get(n).copied().unwrap_or(0);
    let pairs = (0..left.len().max(right.len())).flat_map(|n| [at(left, n), at(right, n)]);

    write_samples(WavWriter::create(path, spec(2))?, pairs)
}

fn spec(channels: u16) -> WavSpec {
    WavSpec {
        channels,
        sample_rate: SAMPLE_HZ,
        bits_per_sample: 16,
        sample_format: SampleFormat::Int,
    }
}

fn samples<R: Read>(reader: WavReader<R>) -> Result<Vec<i16>, WavError> {
    if reader.spec() != spec(1) {
        return Err(WavError::Format(reader.spec()));
    }
    Ok(reader.into_samples().collect::<Result<_, _>>()?)
}

fn write_samples<W: Write + Seek>(
    mut writer: WavWriter<W>,
    samples: impl Iterator<Item = i16>,
) -> Result<(), WavError> {
    for sample in samples {
        writer.write_sample(sample)?;
    }
    Ok(writer.finalize()?)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn stereo(left: &[i16], right: &[i16]) -> Vec<i16> {
        let path = std::env::temp_dir().join(format!("stereo-{}.wav", uuid::Uuid::new_v4()));
        write_stereo(&path, left, right).unwrap();
        let reader = WavReader::open(&path).unwrap();
        assert_eq!(reader.spec(), spec(2));
        let samples = reader.into_samples().collect::<Result<_, _>>().unwrap();
        std::fs::remove_file(path).unwrap();
        samples
    }

    #[test]
    fn a_written_voice_reads_back() {
        let path = std::env::temp_dir().join(format!("mono-{}.wav", uuid::Uuid::new_v4()));

        write_mono(&path, &[1, -2, 3]).unwrap();

        assert_eq!(read(&path).unwrap(), [1, -2, 3]);
        std::fs::remove_file(path).unwrap();
    }

    #[test]
    fn the_shorter_voice_of_a_stereo_file_is_filled_with_silence() {
        assert_eq!(stereo(&[1, 2], &[7]), [1, 7, 2, 0]);
        assert_eq!(stereo(&[], &[7]), [0, 7]);
    }

    #[test]
    fn other_formats_are_refused() {
        let mut bytes = Cursor::new(Vec::new());
        let other = WavSpec {
            sample_rate: 8_000,
            ..spec(1)
        };
        write_samples(
            WavWriter::new(&mut bytes, other).unwrap(),
            [0i16].into_iter(),
        )
        .unwrap();

        assert!(matches!(parse(bytes.get_ref()), Err(WavError::Format(_))));
        assert!(matches!(parse(b"not a wav"), Err(WavError::File(_))));
    }
}
