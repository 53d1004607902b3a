//! A load balancer that passes connections and asks its targets whether they are in service.

mod haproxy;
mod own;

use haproxy::Haproxy;
use own::Own;
use std::{net::SocketAddr, path::Path};

/// Place of a target, from 0.
pub(super) type Slot = usize;

/// Targets that there may be at once: those of two versions.
const SLOTS: usize = 8;

/// How many good or bad answers in a row count.
const ANSWERS: u32 = 2;

pub(super) enum Balancer {
    Haproxy(Haproxy),
    Own(Own),
}

impl Balancer {
    pub(super) async fn start(listen: SocketAddr, folder: &Path) -> Self {
        match std::env::var("DEPLOY_BALANCER") {
            Ok(program) => Self::Haproxy(Haproxy::start(&program, listen, folder).await),
            Err(_) => Self::Own(Own::start(listen).await),
        }
    }

    /// Makes a target known; it gets connections once it is in service.
    pub(super) async fn register(&mut self, address: SocketAddr) -> Slot {
        match self {
            Self::Haproxy(haproxy) => haproxy.register(address).await,
            Self::Own(own) => own.register(address),
        }
    }

    /// Whether the target gets connections.
    pub(super) async fn is_up(&self, slot: Slot) -> bool {
        match self {
            Self::Haproxy(haproxy) => haproxy.is_up(slot).await,
            Self::Own(own) => own.is_up(slot),
        }
    }

    /// Gives the target no new connections.
    pub(super) async fn drain(&self, slot: Slot) {
        match self {
            Self::Haproxy(haproxy) => haproxy.drain(slot).await,
            Self::Own(own) => own.forget(slot),
        }
    }

    pub(super) async fn deregister(&mut self, slot: Slot) {
        match self {
            Self::Haproxy(haproxy) => haproxy.deregister(slot).await,
            Self::Own(own) => own.forget(slot),
        }
    }
}
