//! What is kept in the data folder: for its owner alone, and for one process at a time.

use access::draw_key;
use anyhow::{Context, Result, ensure};
use std::{
    fs::{self, DirBuilder, File, OpenOptions, Permissions, TryLockError},
    io::{ErrorKind, Write},
    os::unix::fs::{DirBuilderExt, OpenOptionsExt, PermissionsExt},
    path::Path,
};

/// Name of the file that a running process holds.
const LOCK: &str = "lock";

/// Name of the file with the key of the tokens.
const TOKEN_SECRET: &str = "token-secret";

/// Holds the folder for this process, until it is dropped; makes it if it is missing.
///
/// # Errors
/// If another process holds it, or it cannot be made.
pub(crate) fn hold(folder: &Path) -> Result<File> {
    make(folder)?;
    let lock = open(&folder.join(LOCK))?;
    match lock.try_lock() {
        Ok(()) => Ok(lock),
        Err(TryLockError::WouldBlock) => anyhow::bail!(
            "the data folder {} is in use by another process; stop it or name another folder",
            folder.display()
        ),
        Err(TryLockError::Error(error)) => {
            Err(error).with_context(|| format!("cannot hold {}", folder.display()))
        }
    }
}

/// Makes an empty file for its owner alone, or keeps the one that is there for them alone.
///
/// # Errors
/// If it cannot be made.
pub(crate) fn own(file: &Path) -> Result<()> {
    open(file).map(drop)
}

/// The key of the tokens, as old as the folder: what was handed out before a restart still holds.
///
/// # Errors
/// If it can be neither read nor made.
pub(crate) fn token_secret(folder: &Path) -> Result<String> {
    make(folder)?;
    let file = folder.join(TOKEN_SECRET);
    let created = OpenOptions::new()
        .write(true)
        .create_new(true)
        .mode(0o600)
        .open(&file);
    match created {
        Ok(mut new) => {
            let secret = draw_key();
            new.write_all(secret.as_bytes())
                .and_then(|()| new.sync_all())
                .with_context(|| format!("cannot write {}", file.display()))?;
            Ok(secret)
        }
        Err(error) if error.kind() == ErrorKind::AlreadyExists => read(&file),
        Err(error) => Err(error).with_context(|| format!("cannot write {}", file.display())),
    }
}

fn read(file: &Path) -> Result<String> {
    own(file)?;
    let secret = fs::read_to_string(file);
    let secret = secret.with_context(|| format!("cannot read {}", file.display()))?;
    ensure!(
        !secret.trim().is_empty(),
        "{} is empty; remove it, or set TOKEN_SECRET",
        file.display()
    );
    Ok(secret.trim().to_owned())
}

fn make(folder: &Path) -> Result<()> {
    DirBuilder::new()
        .recursive(true)
        .mode(0o700)
        .create(folder)
        .with_context(|| format!("cannot create the data folder {}", folder.display()))
}

fn open(file: &Path) -> Result<File> {
    let opened = OpenOptions::new()
        .read(true)
        .write(true)
        .create(true)
        .truncate(false)
        .mode(0o600)
        .open(file)
        .and_then(|opened| {
            opened.set_permissions(Permissions::from_mode(0o600))?;
            Ok(opened)
        });
    opened.with_context(|| format!("cannot open {}", file.display()))
}
