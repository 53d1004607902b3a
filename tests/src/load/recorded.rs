//! Where the relay records calls, if it is to.

use anyhow::Result;
use std::{
    env, fs, io,
    path::{Path, PathBuf},
    time::Duration,
};
use tokio::time::{Instant, sleep};

/// Bytes of one second of a recording (16,000): 8 kHz, stereo, µ-law.
const BYTES_A_SECOND: u64 = 16_000;

/// Longest wait for the ends of recordings, which are stored after the calls.
const STORED_MAX: Duration = Duration::from_secs(30);

/// Pause between two looks.
const LOOK: Duration = Duration::from_millis(50);

/// A folder that goes with this value.
pub(super) struct Folder(PathBuf);

/// What is in it.
#[derive(Default)]
struct Stored {
    bytes: u64,
    /// Recordings whose end is there.
    whole: u32,
}

impl Folder {
    pub(super) fn make() -> Result<Self> {
        let path = env::temp_dir().join(format!("load-{}-recordings", std::process::id()));
        fs::create_dir_all(&path)?;
        Ok(Self(path))
    }

    /// The relay's setting `RECORDINGS`.
    pub(super) fn setting(&self) -> String {
        format!("file://{}", self.0.display())
    }

    /// Takes away what was recorded of so many calls, once it is whole; how many seconds of each those were.
    pub(super) async fn take(&self, calls: u32) -> io::Result<f64> {
        let recorded = self.0.join("calls");
        let give_up = Instant::now() + STORED_MAX;
        let stored = loop {
            let stored = stored(&recorded)?;
            if stored.whole >= calls || Instant::now() > give_up {
                break stored;
            }
            sleep(LOOK).await;
        };
        fs::remove_dir_all(&recorded)?;
        Ok(stored.bytes as f64 / BYTES_A_SECOND as f64 / f64::from(calls))
    }
}

impl Drop for Folder {
    fn drop(&mut self) {
        // What is left there is in the folder of what is temporary.
        let _ = fs::remove_dir_all(&self.0);
    }
}

fn stored(path: &Path) -> io::Result<Stored> {
    let mut all = Stored::default();
    for entry in fs::read_dir(path)? {
        let entry = entry?;
        if entry.file_type()?.is_dir() {
            let inner = stored(&entry.path())?;
            all.bytes += inner.bytes;
            all.whole += inner.whole;
        } else if let Ok(about) = entry.metadata() {
            // A segment has another name until it is written.
            all.bytes += about.len();
            all.whole += u32::from(entry.file_name().to_string_lossy().ends_with("-end"));
        }
    }
    Ok(all)
}
