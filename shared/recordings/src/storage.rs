//! The storage: segments put, listed, read and erased.

use super::{
    Piece, Place, SILENCE, Segment, Sound,
    named::{all, of_call, path_of, segment_of},
};
use bytes::{Bytes, BytesMut};
use call::{ids::CallId, time::Timestamp};
use futures_util::{StreamExt as _, TryStreamExt as _, stream};
use object_store::{
    BackoffConfig, ClientOptions, ObjectMeta, ObjectStore, ObjectStoreExt as _, PutPayload,
    RetryConfig, aws::AmazonS3Builder, local::LocalFileSystem, memory::InMemory, path::Path,
    prefix::PrefixStore,
};
use std::{
    fs::DirBuilder, io, ops::Range, os::unix::fs::DirBuilderExt as _, sync::Arc, time::Duration,
};

/// How long one request may take (10 s): a segment is 160 KB. Who asks decides how often it is repeated.
const REQUEST_MAX: Duration = Duration::from_secs(10);

/// How long connecting may take.
const CONNECT_MAX: Duration = Duration::from_secs(3);

/// Repetitions of a request that the storage refused in passing, within [`REQUEST_MAX`].
const RETRIES_MAX: usize = 2;

/// Segments read at the same time.
const READS_AT_ONCE_MAX: usize = 8;

/// Where recordings are kept. Clones share connections.
#[derive(Clone, Debug)]
pub struct Recordings {
    store: Arc<dyn ObjectStore>,
    expires_by_itself: bool,
}

/// Why a place cannot be used at all.
#[derive(Debug, thiserror::Error)]
pub enum OpenError {
    /// The folder cannot be made.
    #[error("the folder cannot be made: {0}")]
    Folder(#[source] io::Error),
    /// No client can be made of the settings.
    #[error("no client can be set up: {0}")]
    Client(#[source] object_store::Error),
}

/// Why the storage did not do what it was asked. Asking again is safe.
#[derive(Debug, thiserror::Error)]
#[error("the storage of recordings does not answer as it should")]
pub struct StorageError(#[source] object_store::Error);

impl Recordings {
    /// Sets up what a place needs. Whether a bucket is there is seen when it is used.
    ///
    /// # Errors
    /// [`OpenError`].
    pub fn open(place: &Place) -> Result<Self, OpenError> {
        let store: Arc<dyn ObjectStore> = match place {
            Place::Folder(folder) => {
                let mut own = DirBuilder::new();
                let made = own.recursive(true).mode(0o700).create(folder);
                made.map_err(OpenError::Folder)?;
                let files = LocalFileSystem::new_with_prefix(folder).map_err(OpenError::Client)?;
                Arc::new(files.with_automatic_cleanup(true))
            }
            Place::Bucket { bucket, prefix } => {
                let client = AmazonS3Builder::from_env()
                    .with_bucket_name(bucket)
                    .with_client_options(client_options())
                    .with_retry(retries())
                    .build()
                    .map_err(OpenError::Client)?;
                Arc::new(PrefixStore::new(client, Path::from(prefix.as_str())))
            }
        };
        Ok(Self {
            store,
            expires_by_itself: matches!(place, Place::Bucket { .. }),
        })
    }

    /// Keeps recordings in the memory of this process, as long as it runs.
    #[must_use]
    pub fn in_memory() -> Self {
        Self::over(Arc::new(InMemory::new()))
    }

    /// Keeps recordings in any storage.
    #[must_use]
    pub fn over(store: Arc<dyn ObjectStore>) -> Self {
        Self {
            store,
            expires_by_itself: false,
        }
    }

    /// Whether a rule of the storage's own erases what is old, as a bucket's does.
    #[must_use]
    pub fn expires_by_itself(&self) -> bool {
        self.expires_by_itself
    }

    /// Stores one segment; a second time is as good as once.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn put(&self, segment: Segment, sound: Bytes) -> Result<(), StorageError> {
        let (path, payload) = (path_of(segment), PutPayload::from_bytes(sound));
        let put = self.store.put(&path, payload).await;
        put.map(drop).map_err(StorageError)
    }

    /// What is stored of a call.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn sound(&self, call: CallId) -> Result<Sound, StorageError> {
        let stored = self.list(of_call(call)).await?;
        let segments = stored.iter().filter_map(|object| {
            let segment = segment_of(&object.location)?;
            Some((segment, object.size))
        });
        Ok(Sound::of(segments))
    }

    /// These bytes of a call's WAV file. A segment that is gone meanwhile is silence.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn read(&self, sound: &Sound, wanted: Range<u64>) -> Result<Bytes, StorageError> {
        let room = usize::try_from(wanted.end - wanted.start).unwrap_or_default();
        let pieces = stream::iter(sound.pieces(wanted)).map(|piece| self.piece(piece));
        let mut read = pieces.buffered(READS_AT_ONCE_MAX);
        let mut file = BytesMut::with_capacity(room);
        while let Some(piece) = read.try_next().await? {
            file.extend_from_slice(&piece);
        }
        Ok(file.freeze())
    }

    async fn piece(&self, piece: Piece) -> Result<Bytes, StorageError> {
        let silence = |bytes: u64| {
            let bytes = usize::try_from(bytes).unwrap_or_default();
            Bytes::from(vec![SILENCE; bytes])
        };
        match piece {
            Piece::Head(head) => Ok(head),
            Piece::Silence(bytes) => Ok(silence(bytes)),
            Piece::Stored(segment, range) => {
                let path = path_of(segment);
                match self.store.get_range(&path, range.clone()).await {
                    Ok(sound) => Ok(sound),
                    Err(object_store::Error::NotFound { .. }) => {
                        Ok(silence(range.end - range.start))
                    }
                    Err(error) => Err(StorageError(error)),
                }
            }
        }
    }

    /// Erases all that is stored of a call. Once it is done nothing was there any more; what a relay stores
    /// later is not reached.
    ///
    /// # Errors
    /// [`StorageError`]; a part may be gone then.
    pub async fn erase(&self, call: CallId) -> Result<(), StorageError> {
        loop {
            let stored = self.list(of_call(call)).await?;
            if stored.is_empty() {
                return Ok(());
            }
            self.delete(stored).await?;
        }
    }

    /// Erases what was stored before this moment, of all calls; how many segments. It looks at all that is
    /// stored: for a folder. A bucket has a rule of its own for that.
    ///
    /// # Errors
    /// [`StorageError`].
    pub async fn expire(&self, before: Timestamp) -> Result<usize, StorageError> {
        let mut stored = self.list(all()).await?;
        stored.retain(|object| object.last_modified.timestamp_millis() < before.as_millis());
        let expired = stored.len();
        self.delete(stored).await?;
        Ok(expired)
    }

    async fn list(&self, under: Path) -> Result<Vec<ObjectMeta>, StorageError> {
        let stored = self.store.list(Some(&under)).try_collect();
        stored.await.map_err(StorageError)
    }

    async fn delete(&self, stored: Vec<ObjectMeta>) -> Result<(), StorageError> {
        let paths = stored.into_iter().map(|object| Ok(object.location));
        let mut deleted = self.store.delete_stream(stream::iter(paths).boxed());
        while let Some(one) = deleted.next().await {
            match one {
                // Somebody else erases too.
                Ok(_) | Err(object_store::Error::NotFound { .. }) => {}
                Err(error) => return Err(StorageError(error)),
            }
        }
        Ok(())
    }
}

fn client_options() -> ClientOptions {
    // Plain HTTP is for an emulator on this machine, whose address somebody has to set.
    let is_plain = ["AWS_ENDPOINT_URL_S3", "AWS_ENDPOINT_URL", "AWS_ENDPOINT"]
        .iter()
        .find_map(|name| std::env::var(name).ok())
        .is_some_and(|endpoint| endpoint.starts_with("http://"));
    ClientOptions::new()
        .with_timeout(REQUEST_MAX)
        .with_connect_timeout(CONNECT_MAX)
        .with_http1_only()
        .with_allow_http(is_plain)
}

fn retries() -> RetryConfig {
    RetryConfig {
        backoff: BackoffConfig::default(),
        max_retries: RETRIES_MAX,
        retry_timeout: REQUEST_MAX,
    }
}

#[cfg(test)]
mod tests;
