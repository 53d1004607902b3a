//! A file on its way to the service: in parts, each with its digest.

use crate::{
    client::{Client, Trouble},
    sheet::open,
};
use anyhow::{Result, ensure};
use aws_lc_rs::digest::{SHA256, digest};
use base64::{Engine as _, engine::general_purpose::STANDARD};
use serde_json::{Value, json};
use std::{io::Read, path::Path};
use store::campaigns::{FILE_BYTES_MAX, PART_BYTES_MAX, Sha256};

use crate::remote::{Talk, bar};

/// A file that was read whole.
pub(super) struct Upload {
    name: String,
    bytes: Vec<u8>,
}

impl Upload {
    pub(super) fn read(path: &Path) -> Result<Self> {
        let mut bytes = Vec::new();
        open(path)?
            .take(FILE_BYTES_MAX + 1)
            .read_to_end(&mut bytes)?;
        let read = u64::try_from(bytes.len()).unwrap_or(u64::MAX);
        let shown = path.display();
        ensure!(
            read <= FILE_BYTES_MAX,
            "{shown} is larger than {} MB: part it into several campaigns",
            FILE_BYTES_MAX / 1_000_000
        );
        ensure!(read > 0, "{shown} is empty");
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Ok(Self {
            name: name.into_owned(),
            bytes,
        })
    }

    /// One that was made here.
    pub(super) fn made(path: &Path, bytes: Vec<u8>) -> Self {
        let name = path.file_name().unwrap_or_default().to_string_lossy();
        Self {
            name: name.into_owned(),
            bytes,
        }
    }

    /// What is said of it before it comes.
    pub(super) fn announced(&self, sheet: Option<&str>, delimiter: Option<u8>) -> Value {
        json!({
            "name": self.name, "bytes": self.bytes.len(),
            "parts": self.bytes.chunks(PART_BYTES_MAX).count(),
            "sha256": Sha256::of(&self.bytes).to_string(),
            "sheet": sheet, "delimiter": delimiter.map(char::from),
        })
    }

    /// Sends the parts that the campaign at this path misses.
    pub(super) async fn send(
        &self,
        client: &Client,
        path: &str,
        missing: &[Value],
        talk: &mut Talk<'_>,
    ) -> Result<(), Trouble> {
        let missing = missing.iter().filter_map(Value::as_u64);
        let missing: Vec<u64> = missing.collect();
        for (sent, number) in missing.iter().enumerate() {
            let bar = bar(sent as u64, missing.len() as u64);
            talk.progress(&format!("{bar} part {} of {}", sent + 1, missing.len()));
            let place = usize::try_from(*number).unwrap_or(0).saturating_sub(1);
            let Some(part) = self.bytes.chunks(PART_BYTES_MAX).nth(place) else {
                continue;
            };
            let sha256 = STANDARD.encode(digest(&SHA256, part));
            let path = format!("{path}/parts/{number}");
            client.put(&path, part.to_vec(), &sha256).await?;
        }
        talk.done();
        Ok(())
    }
}
