//! The calls that this relay carries, so that a lost stream finds its session again.

use crate::{carrier_leg::CarrierSocket, lease::Lease};
use call::ids::CallId;
use std::{
    collections::HashMap,
    sync::{Arc, Mutex, MutexGuard, PoisonError, Weak},
};
use tokio::{
    sync::{Notify, OwnedSemaphorePermit, mpsc},
    time::Instant,
};

/// Streams waiting to be attached to one call. The store admits one at a time.
const ATTACHING_MAX: usize = 1;

/// Room for one call, given back when the last part of the call that holds it is gone.
pub(crate) type Room = Arc<OwnedSemaphorePermit>;

type Calls = HashMap<CallId, Session>;

/// An admitted stream.
pub(crate) struct Attached {
    pub(crate) socket: CarrierSocket,
    /// The right by which it may be carried.
    pub(crate) lease: Lease,
    /// When it was admitted, or somebody picked up if it came before.
    pub(crate) at: Instant,
}

/// How a running session is reached.
#[derive(Clone)]
struct Session {
    attach: mpsc::Sender<Attached>,
    over: Arc<Notify>,
    connected: Arc<Notify>,
    room: Room,
}

/// All sessions of this process. The lock is held for one map operation at a time.
#[derive(Clone, Default)]
pub(crate) struct Registry {
    calls: Arc<Mutex<Calls>>,
    /// Rooms of calls whose streams are at the door: however many come for one call, they share its room.
    doors: Arc<Mutex<HashMap<CallId, Weak<OwnedSemaphorePermit>>>>,
}

/// A session's place in the registry, held until its last word is stored.
pub(crate) struct Seat {
    registry: Registry,
    call: CallId,
    _room: Room,
    /// Where re-attached streams arrive.
    pub(crate) attached: mpsc::Receiver<Attached>,
    /// Wakes the session when its call is over for everybody else.
    pub(crate) over: Arc<Notify>,
    /// Wakes the session when its call may have been answered, as others tell.
    pub(crate) connected: Arc<Notify>,
}

impl Registry {
    fn calls(&self) -> MutexGuard<'_, Calls> {
        self.calls.lock().unwrap_or_else(PoisonError::into_inner)
    }

    /// Takes the place of a call.
    pub(crate) fn enter(&self, call: CallId, room: Room) -> Seat {
        let (attach, attached) = mpsc::channel(ATTACHING_MAX);
        let (over, connected) = (Arc::new(Notify::new()), Arc::new(Notify::new()));
        let session = Session {
            attach,
            over: over.clone(),
            connected: connected.clone(),
            room: room.clone(),
        };
        self.calls().insert(call, session);
        Seat {
            registry: self.clone(),
            call,
            _room: room,
            attached,
            over,
            connected,
        }
    }

    pub(crate) fn carried(&self) -> Vec<CallId> {
        self.calls().keys().copied().collect()
    }

    /// The room that a call has, carried or at the door, or another one, if there is any.
    pub(crate) fn room_for(
        &self,
        call: CallId,
        another: impl FnOnce() -> Option<OwnedSemaphorePermit>,
    ) -> Option<Room> {
        let mut doors = self.doors.lock().unwrap_or_else(PoisonError::into_inner);
        let has = self.room_of(call).or_else(|| doors.get(&call)?.upgrade());
        if has.is_some() {
            return has;
        }
        let room = Arc::new(another()?);
        // Each that is left holds one of the relay's rooms.
        doors.retain(|_, room| room.strong_count() > 0);
        doors.insert(call, Arc::downgrade(&room));
        Some(room)
    }

    /// The room of a call that is carried: a stream that comes back to it needs no other.
    pub(crate) fn room_of(&self, call: CallId) -> Option<Room> {
        let calls = self.calls();
        calls.get(&call).map(|session| session.room.clone())
    }

    /// Tells the session of a call that the call is over.
    pub(crate) fn notify_over(&self, call: CallId) {
        if let Some(session) = self.calls().get(&call) {
            session.over.notify_one();
        }
    }

    /// Tells the session of a call that the call may have been answered.
    pub(crate) fn notify_connected(&self, call: CallId) {
        if let Some(session) = self.calls().get(&call) {
            session.connected.notify_one();
        }
    }

    /// Hands a stream to the running session of its call; gives it back if there is none.
    pub(crate) fn attach(&self, call: CallId, stream: Attached) -> Option<Attached> {
        let Some(session) = self.calls().get(&call).cloned() else {
            return Some(stream);
        };
        let sent = session.attach.try_send(stream);
        sent.err().map(mpsc::error::TrySendError::into_inner)
    }
}

impl Seat {
    /// From now on a stream that comes back starts a session of its own.
    pub(crate) fn turn_away(&mut self) {
        self.attached.close();
        let mut calls = self.registry.calls();
        // A later session of the same call may have taken the place.
        if calls
            .get(&self.call)
            .is_some_and(|session| session.attach.is_closed())
        {
            calls.remove(&self.call);
        }
    }
}

impl Drop for Seat {
    fn drop(&mut self) {
        self.turn_away();
    }
}
