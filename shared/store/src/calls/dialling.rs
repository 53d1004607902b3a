//! Keeping the breakers: load, decide, store.

use crate::{calls::Calls, error::StoreError};
use call::dialling::{Dialling, Permit, Sign, Vendor};

/// Rounds of deciding again after another process stored its own sign first. What is lost after
/// that is one sign of many.
const ROUNDS_MAX: u32 = 4;

impl Calls {
    /// How many calls may be dialled now; one that is let through alone is claimed by this.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn permit_dials(&self) -> Result<Permit, StoreError> {
        let dialling = self.store.dialling().await?;
        let now = self.now();
        let permit = dialling.permit(now);
        if permit != Permit::One {
            return Ok(permit);
        }
        let is_claimed = self.store.save_dialling(&dialling.probing(now)).await?;
        Ok(if is_claimed {
            Permit::One
        } else {
            Permit::None
        })
    }

    /// Notes what a dial or a conversation says about a vendor, for all processes.
    ///
    /// # Errors
    /// [`StoreError`]; the next sign will tell the same.
    pub async fn note_vendor(&self, vendor: Vendor, sign: Sign) -> Result<(), StoreError> {
        for _ in 0..ROUNDS_MAX {
            let before = self.store.dialling().await?;
            let Some(next) = before.seen(vendor, sign, self.now()) else {
                return Ok(());
            };
            if self.store.save_dialling(&next).await? {
                log_change(vendor, &before, &next);
                return Ok(());
            }
        }
        Ok(())
    }

    /// Changes what an operator decides, and gives back what holds then.
    ///
    /// # Errors
    /// [`StoreError`].
    pub async fn command_dialling(
        &self,
        change: impl Fn(Dialling) -> Dialling,
    ) -> Result<Dialling, StoreError> {
        for _ in 0..ROUNDS_MAX {
            let mut next = change(self.store.dialling().await?);
            if self.store.save_dialling(&next).await? {
                next.version += 1;
                return Ok(next);
            }
        }
        Err(StoreError::Unavailable {
            code: "others kept changing whether phones may ring".to_owned(),
        })
    }
}

fn log_change(vendor: Vendor, before: &Dialling, next: &Dialling) {
    let opened = |dialling: &Dialling| match vendor {
        Vendor::Carrier => dialling.carrier.open,
        Vendor::Agent => dialling.agent.open,
    };
    let vendor = vendor.label();
    match (opened(before), opened(next)) {
        (None, Some(open)) => {
            tracing::error!(dialling_paused = 1, vendor, cause = ?open.cause, "no phone rings");
        }
        (Some(open), None) => {
            tracing::info!(dialling_resumed = 1, vendor, cause = ?open.cause, "phones ring again");
        }
        (None, None) | (Some(_), Some(_)) => {}
    }
}
