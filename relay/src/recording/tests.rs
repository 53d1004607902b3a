use super::*;
use call::time::Timestamp;
use object_store::{
    ObjectStore,
    memory::InMemory,
    throttle::{ThrottleConfig, ThrottledStore},
};
use recordings::{HEADER_BYTES, SEGMENT_BYTES, SILENCE};
use std::{
    sync::{
        Arc,
        atomic::{AtomicUsize, Ordering},
    },
    time::Duration,
};
use tokio::{
    spawn,
    task::JoinHandle,
    time::{Instant, sleep},
};

const OF: fn() -> Stream = || Stream {
    call: "07070707-0707-0707-0707-070707070707".parse().unwrap(),
    attempt: 1,
    stream: 1,
    began: Timestamp::from_millis(1_793_400_000_000),
};

const SECOND: Duration = Duration::from_secs(1);

/// A recording under way, and what is lost of it.
struct Taken {
    recording: Recording,
    work: JoinHandle<()>,
    lost: [Arc<AtomicUsize>; 2],
}

fn begin(store: Arc<dyn ObjectStore>) -> (Taken, Recordings) {
    let lost = [Arc::new(AtomicUsize::new(0)), Arc::new(AtomicUsize::new(0))];
    let [pieces, segments] = lost.clone();
    let count: Lost = Arc::new(move |what| {
        let counter = if what == "piece" { &pieces } else { &segments };
        counter.fetch_add(1, Ordering::Relaxed);
    });
    let to = Recordings::over(store);
    let (recording, work) = Recording::begin(to.clone(), OF(), (8_000, 8_000), count);
    let work = spawn(work);
    let taken = Taken {
        recording,
        work,
        lost,
    };
    (taken, to)
}

impl Taken {
    /// The callee speaks for so long.
    async fn speak(&self, seconds: u32) {
        for _ in 0..seconds * 10 {
            sleep(SECOND / 10).await;
            let pcm = 8_000_i16.to_le_bytes().repeat(800);
            self.recording.callee(&pcm.into());
        }
    }

    fn lost(&self) -> [usize; 2] {
        self.lost.each_ref().map(|n| n.load(Ordering::Relaxed))
    }

    /// Ends it, and waits until its work is done.
    async fn end(self) -> [usize; 2] {
        let lost = self.lost.clone();
        drop(self.recording);
        self.work.await.unwrap();
        lost.map(|n| n.load(Ordering::Relaxed))
    }
}

async fn wav(of: &Recordings) -> Vec<u8> {
    let sound = of.sound(OF().call).await.unwrap();
    let file = of.read(&sound, 0..sound.file_bytes()).await.unwrap();
    file[HEADER_BYTES..].to_vec()
}

fn loud(sound: &[u8]) -> usize {
    sound.chunks(2).filter(|frame| frame[0] != SILENCE).count()
}

fn throttled(put: Duration) -> Arc<dyn ObjectStore> {
    let config = ThrottleConfig {
        wait_put_per_call: put,
        ..ThrottleConfig::default()
    };
    Arc::new(ThrottledStore::new(InMemory::new(), config))
}

#[tokio::test(start_paused = true)]
async fn a_call_is_stored_while_it_runs_and_has_its_end() {
    let (taken, to) = begin(Arc::new(InMemory::new()));
    taken.speak(12).await;
    let sound = to.sound(OF().call).await.unwrap();
    assert_eq!(sound.duration(), 10 * SECOND, "the first segment is there");
    assert!(!sound.parts()[0].has_end);
    taken.speak(4).await;
    assert_eq!(taken.end().await, [0, 0]);
    let sound = to.sound(OF().call).await.unwrap();
    assert_eq!(sound.duration(), 16 * SECOND);
    assert!(sound.parts()[0].has_end);
    assert_eq!(loud(&wav(&to).await), 16 * 8_000);
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_dies_loses_the_last_segment_alone() {
    let (taken, to) = begin(Arc::new(InMemory::new()));
    taken.speak(27).await;
    taken.work.abort();
    assert!(taken.work.await.unwrap_err().is_cancelled());
    let heard = wav(&to).await;
    assert_eq!(heard.len(), 2 * SEGMENT_BYTES);
    assert_eq!(loud(&heard), 20 * 8_000);
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_is_slow_loses_segments_and_says_so() {
    // Three can wait in turn; each takes longer than the next needs to come.
    let (taken, to) = begin(throttled(Duration::from_secs(18)));
    let began = Instant::now();
    taken.speak(90).await;
    assert!(began.elapsed() < 91 * SECOND, "nobody waits for it");
    let [pieces, segments] = taken.lost();
    assert_eq!(pieces, 0);
    assert!((1..=4).contains(&segments), "{segments}");
    let [_, lost] = taken.end().await;
    let heard = wav(&to).await;
    assert_eq!(loud(&heard) / 80_000, 9 - lost, "{lost} are silent");
}

#[tokio::test(start_paused = true)]
async fn a_storage_that_is_away_is_given_up_and_the_call_ends_all_the_same() {
    let (taken, to) = begin(throttled(Duration::from_hours(1)));
    taken.speak(45).await;
    let ended = Instant::now();
    let [pieces, segments] = taken.end().await;
    assert!(ended.elapsed() <= shelf::END_MAX + SECOND);
    assert_eq!((pieces, segments), (0, 5), "each segment is counted once");
    assert!(to.sound(OF().call).await.unwrap().parts().is_empty());
}

#[tokio::test(start_paused = true)]
async fn a_relay_that_stands_still_drops_pieces_and_counts_them() {
    let (taken, to) = begin(Arc::new(InMemory::new()));
    for _ in 0..PIECES_MAX + 5 {
        taken.recording.agent(&Bytes::from_static(&[0; 320]));
    }
    assert_eq!(taken.lost(), [5, 0]);
    taken.speak(1).await;
    taken.end().await;
    assert_eq!(to.sound(OF().call).await.unwrap().duration(), SECOND);
}
