//! What a process uses, as Linux tells it in `/proc`.

use anyhow::{Context, Result};
use std::{collections::HashMap, fs, net::SocketAddr, time::Duration};

/// Ticks of the kernel's accounting in a second: Linux shows 100 to programs, whatever it counts by itself.
const TICKS_PER_SECOND: u64 = 100;

/// CPU time that a process used so far, its own and the kernel's for it.
pub(super) fn cpu(process: u32) -> Result<Duration> {
    let stat = fs::read_to_string(format!("/proc/{process}/stat"))?;
    // The name of the program stands in parentheses and may hold blanks.
    let (_, fields) = stat.rsplit_once(')').context("no stat")?;
    let ticks = fields
        .split_whitespace()
        .skip(11)
        .take(2)
        .map(str::parse::<u64>);
    let ticks: u64 = ticks.sum::<Result<u64, _>>()?;
    Ok(Duration::from_millis(ticks * 1_000 / TICKS_PER_SECOND))
}

/// Memory that a process holds, in KiB.
pub(super) fn resident_kib(process: u32) -> Result<u64> {
    let status = fs::read_to_string(format!("/proc/{process}/status"))?;
    let line = status.lines().find_map(|line| line.strip_prefix("VmRSS:"));
    let kib = line.context("no VmRSS")?.trim().trim_end_matches(" kB");
    Ok(kib.parse()?)
}

/// Open file descriptors of a process, but for connections to these: a client keeps some open for its next
/// request.
pub(super) fn descriptors(process: u32, kept: &[SocketAddr]) -> Result<usize> {
    let peers = peers(process)?;
    let mut count = 0;
    for entry in fs::read_dir(format!("/proc/{process}/fd"))? {
        // One that was closed meanwhile is gone.
        let Ok(target) = fs::read_link(entry?.path()) else {
            continue;
        };
        let target = target.to_string_lossy();
        let inode = target
            .strip_prefix("socket:[")
            .map(|it| it.trim_end_matches(']'));
        let peer = inode.and_then(|inode| peers.get(inode));
        if !peer.is_some_and(|port| kept.iter().any(|kept| kept.port() == *port)) {
            count += 1;
        }
    }
    Ok(count)
}

/// Ports of the peers of all TCP sockets on this machine, by inode.
fn peers(process: u32) -> Result<HashMap<String, u16>> {
    let table = fs::read_to_string(format!("/proc/{process}/net/tcp"))?;
    let rows = table.lines().skip(1).filter_map(|line| {
        let mut fields = line.split_whitespace();
        let (_, port) = fields.nth(2)?.split_once(':')?;
        let inode = fields.nth(6)?;
        Some((inode.to_owned(), u16::from_str_radix(port, 16).ok()?))
    });
    Ok(rows.collect())
}
