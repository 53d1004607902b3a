//! A campaign's file, put together from its parts.

use std::sync::Arc;
use store::{
    CallStore, StoreError,
    campaigns::{ImportWork, Sha256, Told},
};

/// The bytes of a file. Cheap to clone.
#[derive(Clone)]
pub(super) struct Source(Arc<Vec<u8>>);

impl AsRef<[u8]> for Source {
    fn as_ref(&self) -> &[u8] {
        &self.0
    }
}

impl Source {
    /// Puts the file together; or says why it is not what was announced.
    pub(super) async fn load(
        store: &CallStore,
        work: &ImportWork,
    ) -> Result<Result<Self, Told>, StoreError> {
        let (id, file) = (work.campaign.id, &work.file);
        let parts = store.parts(id).await?;
        let mut bytes = Vec::with_capacity(usize::try_from(file.bytes).unwrap_or_default());
        for part in &parts {
            let Some(pieces) = store.part_bytes(id, part).await? else {
                return Ok(Err(parts_gone()));
            };
            pieces
                .iter()
                .for_each(|piece| bytes.extend_from_slice(piece));
        }
        Ok(match () {
            () if parts.len() < usize::from(file.parts) => Err(parts_gone()),
            () if Sha256::of(&bytes) != file.sha256 => Err(other_digest()),
            () => Ok(Self(Arc::new(bytes))),
        })
    }
}

fn parts_gone() -> Told {
    Told {
        code: "parts_gone".to_owned(),
        message: "parts of the file are not there any more: upload it again".to_owned(),
    }
}

fn other_digest() -> Told {
    Told {
        code: "other_digest".to_owned(),
        message: "the parts together are not the file that was announced: announce it and upload it again"
            .to_owned(),
    }
}
