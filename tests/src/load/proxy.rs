//! A network between the relay and the agent: delays what passes, and now and then has it wait for a
//! packet that was lost. TCP loses nothing: it stalls.

use super::mark;
use anyhow::Result;
use std::{net::SocketAddr, time::Duration};
use tokio::{
    io::{AsyncReadExt, AsyncWriteExt},
    net::{
        TcpListener, TcpStream,
        tcp::{OwnedReadHalf, OwnedWriteHalf},
    },
    sync::mpsc,
    task::JoinHandle,
    time::{Instant, sleep_until},
};

/// Least time after which Linux sends a lost packet again.
const RETRANSMISSION: Duration = Duration::from_millis(200);

/// Bytes that pass as one piece: about what an Ethernet packet holds.
const PIECE_BYTES: usize = 1_400;

/// Pieces on the way, each way: more than a burst of the agent's.
const PIECES_MAX: usize = 4_096;

/// What the network does.
#[derive(Clone, Copy, Debug, Default)]
pub(super) struct Network {
    /// One way.
    pub(super) delay: Duration,
    /// Pieces of a hundred that are lost.
    pub(super) loss_percent: f64,
}

/// The proxy; it stops when dropped.
pub(super) struct Proxy {
    pub(super) address: SocketAddr,
    server: JoinHandle<()>,
}

impl Proxy {
    pub(super) async fn before(target: SocketAddr, network: Network) -> Result<Self> {
        let listener = TcpListener::bind("127.0.0.1:0").await?;
        let address = listener.local_addr()?;
        let server = tokio::spawn(async move {
            let mut seed = 0;
            while let Ok((near, _)) = listener.accept().await {
                seed += 2;
                tokio::spawn(join(near, target, network, seed));
            }
        });
        Ok(Self { address, server })
    }
}

impl Drop for Proxy {
    fn drop(&mut self) {
        self.server.abort();
    }
}

async fn join(near: TcpStream, target: SocketAddr, network: Network, seed: u64) {
    // The handshake's way there and back.
    sleep_until(Instant::now() + network.delay * 2).await;
    let Ok(far) = TcpStream::connect(target).await else {
        return;
    };
    if near.set_nodelay(true).is_err() || far.set_nodelay(true).is_err() {
        return;
    }
    let ((from_near, to_near), (from_far, to_far)) = (near.into_split(), far.into_split());
    tokio::spawn(pass(from_near, to_far, network, seed));
    pass(from_far, to_near, network, seed + 1).await;
}

/// Passes on what comes one way, until one side is gone.
async fn pass(mut from: OwnedReadHalf, to: OwnedWriteHalf, network: Network, mut chance: u64) {
    let (send, pieces) = mpsc::channel(PIECES_MAX);
    let writing = tokio::spawn(write(to, pieces));
    let mut buffer = [0; PIECE_BYTES];
    while let Ok(bytes @ 1..) = from.read(&mut buffer).await {
        let draw = (mark::next(&mut chance) >> 11) as f64 / (1_u64 << 53) as f64;
        let stall = if draw * 100.0 < network.loss_percent {
            RETRANSMISSION
        } else {
            Duration::ZERO
        };
        let due = Instant::now() + network.delay + stall;
        if send.send((due, buffer[..bytes].to_vec())).await.is_err() {
            break;
        }
    }
    drop(send);
    let _ = writing.await;
}

/// Writes each piece when it is due. One that is late holds up those behind it.
async fn write(mut to: OwnedWriteHalf, mut pieces: mpsc::Receiver<(Instant, Vec<u8>)>) {
    while let Some((due, piece)) = pieces.recv().await {
        sleep_until(due).await;
        if to.write_all(&piece).await.is_err() {
            return;
        }
    }
    let _ = to.shutdown().await;
}
