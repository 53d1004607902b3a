//! The calls that this relay carries, so that a lost stream finds its session again.

use crate::carrier_leg::CarrierSocket;
use shared::ids::CallId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError},
};
use tokio::sync::mpsc;

/// Streams waiting to be attached to one call. The store admits one at a time.
const ATTACHING_MAX: usize = 1;

type Calls = HashMap<CallId, mpsc::Sender<CarrierSocket>>;

/// All sessions of this process. The lock is held for one map operation at a time.
#[derive(Clone, Default)]
pub(crate) struct Registry(Arc<Mutex<Calls>>);

/// A session's place in the registry; leaving frees it.
pub(crate) struct Seat {
    registry: Registry,
    call: CallId,
    /// Where re-attached streams arrive.
    pub(crate) attached: mpsc::Receiver<CarrierSocket>,
}

impl Registry {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.0.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Calls carried.
    pub(crate) fn len(&self) -> usize {
        self.calls().len()
    }

    /// Takes the place of a call.
    pub(crate) fn enter(&self, call: CallId) -> Seat {
        let (sender, attached) = mpsc::channel(ATTACHING_MAX);
        self.calls().insert(call, sender);
        Seat {
            registry: self.clone(),
            call,
            attached,
        }
    }

    /// Hands a stream to the running session of its call; gives it back if there is none.
    pub(crate) fn attach(&self, call: CallId, socket: CarrierSocket) -> Result<(), CarrierSocket> {
        let Some(session) = self.calls().get(&call).cloned() else {
            return Err(socket);
        };
        session
            .try_send(socket)
            .map_err(mpsc::error::TrySendError::into_inner)
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        // Fields are dropped after this: without it the own sender would still seem alive.
        self.attached.close();
        let mut calls = self.registry.calls();
        // A later session of the same call may have taken the place.
        if calls
            .get(&self.call)
            .is_some_and(|sender| sender.is_closed())
        {
            calls.remove(&self.call);
        }
    }
}
