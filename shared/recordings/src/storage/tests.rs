use super::*;
use crate::{HEADER_BYTES, SEGMENT_BYTES, Stream};

fn call(digit: char) -> CallId {
    let id: String = "00000000-0000-0000-0000-000000000000".replace('0', &digit.to_string());
    id.parse().unwrap()
}

fn segment(call: CallId, seq: u32) -> Segment {
    let of = Stream {
        call,
        attempt: 1,
        stream: 1,
        began: Timestamp::from_millis(1_793_400_000_000),
    };
    Segment {
        of,
        seq,
        is_last: false,
    }
}

#[tokio::test]
async fn what_is_put_is_read_as_one_file() {
    let (recordings, own) = (Recordings::in_memory(), call('1'));
    let first = Bytes::from(vec![1; SEGMENT_BYTES]);
    let third = Bytes::from_static(&[3; 10]);
    recordings.put(segment(own, 0), first).await.unwrap();
    recordings.put(segment(own, 2), third).await.unwrap();
    let other = Bytes::from_static(&[9; 10]);
    recordings.put(segment(call('2'), 0), other).await.unwrap();

    let sound = recordings.sound(own).await.unwrap();
    let (head, full) = (HEADER_BYTES as u64, SEGMENT_BYTES as u64);
    assert_eq!(sound.file_bytes(), head + 2 * full + 10);
    let file = recordings.read(&sound, 0..sound.file_bytes());
    let file = file.await.unwrap();
    assert_eq!(file.len() as u64, sound.file_bytes());
    let sounds = [
        vec![1; SEGMENT_BYTES],
        vec![SILENCE; SEGMENT_BYTES],
        vec![3; 10],
    ]
    .concat();
    assert_eq!(&file[..4], b"RIFF");
    assert!(file[HEADER_BYTES..] == sounds[..]);
    let joint = recordings.read(&sound, head + full - 1..head + full + 1);
    assert_eq!(joint.await.unwrap()[..], [1, SILENCE]);
}

#[tokio::test]
async fn an_erasure_leaves_nothing_of_one_call_and_all_of_the_others() {
    let recordings = Recordings::in_memory();
    for of in [call('1'), call('2')] {
        for seq in 0..3 {
            let sound = Bytes::from_static(&[1; 10]);
            recordings.put(segment(of, seq), sound).await.unwrap();
        }
    }
    recordings.erase(call('1')).await.unwrap();
    let gone = recordings.sound(call('1')).await.unwrap();
    assert!(gone.parts().is_empty());
    let kept = recordings.sound(call('2')).await.unwrap();
    assert_eq!(kept.parts().len(), 1);
    recordings.erase(call('1')).await.unwrap();
}

#[tokio::test]
async fn who_erases_while_another_does_is_done_too() {
    // The one says that what it is to delete is not there, the other does not.
    let folder = std::env::temp_dir().join(format!("recordings-twice-{}", std::process::id()));
    let in_folder = Recordings::open(&Place::Folder(folder.clone())).unwrap();
    for recordings in [in_folder, Recordings::in_memory()] {
        let sound = Bytes::from_static(&[1; 10]);
        recordings.put(segment(call('1'), 0), sound).await.unwrap();
        let stored = recordings.list(of_call(call('1'))).await.unwrap();
        recordings.erase(call('1')).await.unwrap();
        recordings.delete(stored).await.unwrap();
    }
    std::fs::remove_dir_all(&folder).unwrap();
}

#[tokio::test]
async fn what_is_older_than_the_moment_expires() {
    let recordings = Recordings::in_memory();
    let sound = Bytes::from_static(&[1; 10]);
    recordings.put(segment(call('1'), 0), sound).await.unwrap();
    let stored = recordings.list(all()).await.unwrap();
    let at = Timestamp::from_millis(stored[0].last_modified.timestamp_millis());
    assert_eq!(recordings.expire(at).await.unwrap(), 0);
    let later = at + Duration::from_millis(1);
    assert_eq!(recordings.expire(later).await.unwrap(), 1);
    assert!(recordings.list(all()).await.unwrap().is_empty());
}

#[tokio::test]
async fn a_segment_that_is_erased_while_it_is_read_is_silence() {
    let (recordings, own) = (Recordings::in_memory(), call('1'));
    let sound = Bytes::from_static(&[1; 4]);
    recordings.put(segment(own, 0), sound).await.unwrap();
    let sound = recordings.sound(own).await.unwrap();
    recordings.erase(own).await.unwrap();
    let head = HEADER_BYTES as u64;
    let read = recordings.read(&sound, head..head + 4).await.unwrap();
    assert_eq!(read[..], [SILENCE; 4]);
}
