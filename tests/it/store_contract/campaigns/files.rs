//! Files in parts.

use super::*;
use store::campaigns::{PART_BYTES_MAX, Replaced};

const TEXT: &str = "phone,name\n9123456780,Asha\n9123456781,Vijay\n";

#[tokio::test]
async fn parts_come_in_any_order_and_as_often_as_one_likes() {
    let world = World::new().await;
    let id = world.create(1, TEXT).await.id;
    let parts: Vec<&[u8]> = TEXT.as_bytes().chunks(20).collect();
    for (number, put) in [
        (3, PartPut::Stored),
        (1, PartPut::Stored),
        (3, PartPut::SameAgain),
    ] {
        assert_eq!(
            world.put(id, number, parts[usize::from(number) - 1]).await,
            put
        );
    }
    assert_eq!(world.begin(id).await, ImportBegan::Missing(vec![2]));
    assert_eq!(world.put(id, 2, parts[1]).await, PartPut::Stored);
    let stored = world.store().parts(id).await.unwrap();
    let mut bytes = Vec::new();
    for part in &stored {
        let pieces = world.store().part_bytes(id, part).await.unwrap();
        bytes.extend(pieces.unwrap().concat());
    }
    assert_eq!(bytes, TEXT.as_bytes());
}

#[tokio::test]
async fn a_part_is_one_thing_only() {
    let world = World::new().await;
    let id = world.create(1, TEXT).await.id;
    assert_eq!(world.put(id, 1, b"one").await, PartPut::Stored);
    assert_eq!(world.put(id, 1, b"other").await, PartPut::Changed);
    for number in [0, 4] {
        assert_eq!(world.put(id, number, b"one").await, PartPut::NoSuchPart);
    }
    assert_eq!(world.put(id_of(9), 1, b"one").await, PartPut::NoSuchPart);
    let stored = world.store().parts(id).await.unwrap();
    assert_eq!(stored.len(), 1);
    let pieces = world.store().part_bytes(id, &stored[0]).await.unwrap();
    assert_eq!(pieces.unwrap().concat(), b"one");
}

#[tokio::test]
async fn of_two_parts_of_one_number_at_once_one_is_stored_whole() {
    let world = World::new().await;
    let id = world.create(1, TEXT).await.id;
    let (mut stored, long) = (0, [vec![b'a'; 400_000], vec![b'b'; 400_000]]);
    let puts = tokio::join!(world.put(id, 1, &long[0]), world.put(id, 1, &long[1]));
    for put in [puts.0, puts.1] {
        stored += usize::from(put == PartPut::Stored);
        assert!(matches!(put, PartPut::Stored | PartPut::Changed), "{put:?}");
    }
    assert_eq!(stored, 1);
    let parts = world.store().parts(id).await.unwrap();
    let pieces = world.store().part_bytes(id, &parts[0]).await.unwrap();
    assert!(long.contains(&pieces.unwrap().concat()));
}

#[tokio::test]
async fn the_largest_part_is_taken() {
    let world = World::new().await;
    let id = world.create(1, TEXT).await.id;
    let part = vec![7; PART_BYTES_MAX];
    assert_eq!(world.put(id, 1, &part).await, PartPut::Stored);
    assert!(matches!(world.begin(id).await, ImportBegan::Missing(_)));
    for number in [2, 3] {
        assert_eq!(world.put(id, number, &[7]).await, PartPut::Stored);
    }
    let size = u64::try_from(PART_BYTES_MAX + 2).unwrap();
    assert_eq!(world.begin(id).await, ImportBegan::OtherSize(size));
    assert_eq!(world.campaign(id).await.state, State::Draft);
}

#[tokio::test]
async fn no_part_comes_once_the_import_has_begun() {
    let world = World::new().await;
    let work = world.importing(1, TEXT).await;
    let id = work.campaign.id;
    assert_eq!(
        world.put(id, 1, &TEXT.as_bytes()[..20]).await,
        PartPut::SameAgain
    );
    assert_eq!(world.put(id, 1, b"other").await, PartPut::Changed);
    let again = world.begin(id).await;
    assert!(
        matches!(
            again,
            ImportBegan::Told(Changed::Unchanged {
                reason: Rejection::AlreadyApplied,
                ..
            })
        ),
        "{again:?}"
    );
}

#[tokio::test]
async fn a_draft_takes_another_file_and_forgets_the_parts_of_the_first() {
    let world = World::new().await;
    let campaign = world.create(1, TEXT).await;
    let id = campaign.id;
    world.upload(id, TEXT).await;
    let known = world.store().campaign_file(id).await.unwrap().unwrap();
    let other = "phone,name\n9123456780,Asha\n";
    let replace = |text| world.store().replace_file(&campaign, &known, file_of(text));
    assert_eq!(replace(other).await.unwrap(), Replaced::Stored);
    // Who knew the file before it replaces nothing.
    assert_eq!(replace(TEXT).await.unwrap(), Replaced::NotDraft);
    assert_eq!(world.store().parts(id).await.unwrap(), []);
    assert_eq!(world.begin(id).await, ImportBegan::Missing(vec![1, 2]));
    world.upload(id, other).await;
    assert!(matches!(
        world.begin(id).await,
        ImportBegan::Told(Changed::Applied { .. })
    ));
}
