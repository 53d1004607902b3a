//! What becomes of files.

use super::*;
use call::{phone::PhoneNumber, time::Timestamp};
use campaign::RowState;
use spreadsheet::{Kind, Value, Writer};
use std::{fs, path::Path};
use store::{
    OptOut,
    campaigns::{ImportRules, Stage},
};
use tests::campaigns::{csv_of, upload};

fn sample(extension: &str) -> Vec<u8> {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    fs::read(root.join(format!("infra/local/samples/patients.{extension}"))).unwrap()
}

fn number(text: &str) -> PhoneNumber {
    text.parse().unwrap()
}

async fn opt_out(world: &World, text: &str) {
    let entry = OptOut {
        phone_number: number(text),
        since: Timestamp::from_millis(0),
        by: "crm".to_owned(),
        reason: None,
    };
    world.store().opt_out(&entry).await.unwrap();
}

fn numbers_in(found: &Found, state: RowState) -> Vec<u32> {
    let rows = found.rows.iter().filter(|row| row.row.state == state);
    rows.map(|row| row.row.number).collect()
}

#[tokio::test]
async fn the_sample_is_imported_as_csv_and_as_a_workbook() {
    let mut all = Vec::new();
    for extension in ["csv", "xlsx"] {
        let world = World::importing(&sample(extension)).await;
        let found = world.import().await;
        check_sums(&found);
        assert_eq!(found.campaign, (State::Ready, found.tally.rows()));
        assert_eq!((found.file.stage, found.file.import), (Stage::Over, 1));
        assert_eq!(found.file.columns[2].meaning, "phone");
        assert_eq!(world.store().parts(id_of(1)).await.unwrap(), []);
        let told = |row: &StoredRow| (row.row.number, row.row.state, row.told());
        all.push(found.rows.iter().map(told).collect::<Vec<_>>());
        // Where the file was, nothing of it is left.
        let left = world.system.meter.items();
        let is_piece = |sk: &str| sk.starts_with("PART") || sk.starts_with("PIECE");
        assert!(
            !left
                .iter()
                .any(|item| is_piece(item["SK"]["S"].as_str().unwrap()))
        );
    }
    assert_eq!(all[0].len(), all[1].len());
    let states = |n: usize| all[n].iter().map(|(number, state, _)| (*number, *state));
    assert!(states(0).eq(states(1)));
}

#[tokio::test]
async fn rows_keep_every_cell_as_it_was_written() {
    let csv = "name,phone,Doctor,\nअनीता,'9123456780, =1+1 ,\n\nVijay,9123456781\n";
    let found = World::importing(csv.as_bytes()).await.import().await;
    let cells: Vec<_> = found
        .rows
        .iter()
        .map(|row| (row.row.number, row.cells.clone()))
        .collect();
    let texts = |row: &[&str]| {
        row.iter()
            .map(|cell| (*cell).to_owned())
            .collect::<Vec<_>>()
    };
    assert_eq!(cells[0], (2, texts(&["अनीता", "'9123456780", " =1+1 "])));
    assert_eq!(cells[1], (4, texts(&["Vijay", "9123456781"])));
    let header = found.file.header.unwrap();
    assert_eq!((header.row, header.width), (1, 3));
    let entry = found.rows[0].entry.as_ref().unwrap();
    assert_eq!(entry.patient.phone_number, number("+919123456780"));
}

#[tokio::test]
async fn who_wants_no_calls_and_who_stands_twice_have_buckets_of_their_own() {
    let csv = "name,phone,patient id\nA,9123456780,1\nB,9123456781,2\nA,9123456780,1\nC,9123456780,3\nB,9123456781,2\n";
    let world = World::new().await;
    opt_out(&world, "+919123456781").await;
    importing(&world.campaigns(), id_of(1), csv.as_bytes())
        .await
        .unwrap();
    let found = world.import().await;
    check_sums(&found);
    assert_eq!(numbers_in(&found, RowState::Pending), [2, 5]);
    assert_eq!(numbers_in(&found, RowState::OptedOut), [3, 6]);
    assert_eq!(numbers_in(&found, RowState::Duplicate), [4]);
    let (twice, shares) = (&found.rows[2], &found.rows[3]);
    assert_eq!((twice.duplicate_of, shares.shares_with), (Some(2), Some(2)));
    assert_eq!(found.file.shared_numbers, 1);
    // Whose number wants no calls keeps what it says.
    assert!(found.rows[1].entry.is_some() && found.rows[1].told().is_some());
}

#[tokio::test]
async fn who_wants_no_calls_while_a_file_is_read_is_judged_once() {
    // The patient's later row has another number, and calls them if the first one does not.
    let csv = csv_of(100, 1_000) + "P-0000000,राहुल शर्मा 0,9999999999,hi\n";
    let world = World::importing(csv.as_bytes()).await;
    let (meter, served) = (
        world.system.meter.clone(),
        Arc::new(std::sync::atomic::AtomicUsize::new(0)),
    );
    // It dies after the first rows.
    let dying = tests::in_process::client(move |operation, body| {
        let is_rows = operation == "TransactWriteItems" && body.to_string().contains("ROW#");
        let count = served.fetch_add(usize::from(is_rows), std::sync::atomic::Ordering::Relaxed);
        let reply = (count == 0).then(|| meter.ask(&operation, body));
        Box::pin(async move { reply })
    });
    sweep::tick(&world.sweep_on(CallStore::new(dying, "calls"))).await;
    let cursor = world
        .store()
        .campaign_file(id_of(1))
        .await
        .unwrap()
        .unwrap()
        .cursor;
    assert_eq!(cursor, 41);
    opt_out(&world, "+919000000000").await;
    opt_out(&world, "+919000000090").await;
    world.system.clock.advance(LEASE);
    let found = world.import().await;
    check_sums(&found);
    assert_eq!(numbers_in(&found, RowState::OptedOut), [92]);
    assert_eq!(
        numbers_in(&found, RowState::Duplicate),
        [102],
        "as if nothing had died"
    );
}

#[tokio::test]
async fn a_file_that_is_none_leaves_a_draft_and_says_why() {
    let mut workbook = Vec::new();
    let mut writer = Writer::new(Kind::Workbook, vec![]);
    writer.row(1, &[Value::Text("name".to_owned())]).unwrap();
    writer.finish(1, &mut workbook).unwrap();
    let long = format!("phone,name,notes\n9123456780,Asha,{}\n", "च".repeat(32_000));
    let longer = format!(
        "phone,name,a,b\n9123456780,Asha,{0},{0}\n",
        "च".repeat(32_000)
    );
    let late = csv_of(300, 1_000) + "\"9,open\n";
    for (bytes, codes) in [
        (&b""[..], &["empty_file"][..]),
        (b"phone,name\n", &["no_rows"]),
        (b"name,city\nA,B\n", &["missing_column"]),
        (b"phone,mobile,name\n1,2,A\n", &["several_columns"]),
        (b"9123456780,Asha\n", &["no_header_row"]),
        (b"PK\x03\x04 broken", &["damaged"]),
        (b"%PDF-1.4", &["other_format"]),
        (b"name,phone\n\xff\xfe\xfa,1\n", &["not_utf8"]),
        (&workbook, &["missing_column"]),
        (longer.as_bytes(), &["row_too_long"]),
        (late.as_bytes(), &["open_quote"]),
    ] {
        let world = World::new().await;
        if bytes.is_empty() {
            // A file of nothing comes in no part.
            continue;
        }
        importing(&world.campaigns(), id_of(1), bytes)
            .await
            .unwrap();
        let found = world.import().await;
        let told: Vec<_> = found
            .file
            .refused
            .iter()
            .map(|told| told.code.as_str())
            .collect();
        assert_eq!(told, codes);
        assert_eq!((found.campaign, found.rows.len()), ((State::Draft, 0), 0));
    }
    let found = World::importing(long.as_bytes()).await.import().await;
    assert_eq!(found.tally.faulty, 1, "a long cell is a fault of its row");
}

#[tokio::test]
async fn a_file_that_was_refused_is_read_by_other_rules() {
    let csv = b"phone,mobile,name\n12,9123456780,Asha\n";
    let world = World::importing(csv).await;
    assert_eq!(world.import().await.campaign.0, State::Draft);
    let (campaign, store) = (world.campaign().await, world.store());
    let mut file = store.campaign_file(id_of(1)).await.unwrap().unwrap();
    let known = file.clone();
    file.rules.phone_column = Some("Mobile".to_owned());
    store.replace_file(&campaign, &known, file).await.unwrap();
    world.campaigns().begin_import(id_of(1), &[]).await.unwrap();
    let found = world.import().await;
    assert_eq!(
        (found.campaign, found.tally.pending),
        ((State::Ready, 1), 1)
    );
    assert_eq!(found.file.refused, []);
}

#[tokio::test]
async fn parts_that_are_not_the_file_are_told_so() {
    let world = World::new().await;
    let (campaigns, id) = (world.campaigns(), id_of(1));
    let csv = csv_of(2, 1_000);
    upload(&campaigns, id, csv.as_bytes(), ImportRules::default(), 100)
        .await
        .unwrap();
    let (campaign, known) = (
        world.campaign().await,
        world.store().campaign_file(id).await.unwrap().unwrap(),
    );
    let other = store::campaigns::CampaignFile {
        sha256: store::campaigns::Sha256::of(b"another file"),
        ..known.clone()
    };
    world
        .store()
        .replace_file(&campaign, &known, other)
        .await
        .unwrap();
    for (number, part) in (1..).zip(csv.as_bytes().chunks(100)) {
        let digest = store::campaigns::Sha256::of(part).into();
        world
            .store()
            .put_part(id, number, part, digest, campaigns.now())
            .await
            .unwrap();
    }
    campaigns.begin_import(id, &[]).await.unwrap();
    let found = world.import().await;
    assert_eq!(found.file.refused[0].code, "other_digest");
}

#[tokio::test]
async fn numbers_that_promotion_may_not_disturb_are_rows_of_their_own_for_promotion_alone() {
    let header = "phone,name,consent source,consent time,consent purpose,consent text\n";
    let row = |n: u32| format!("+91123456789{n},Asha {n},form,2026-10-01,check-ups,I agree\n");
    let file = header.to_owned() + &(0..4).map(row).collect::<String>();
    for is_promotional in [true, false] {
        let world = World::new().await;
        let now = world.system.app.calls.now();
        let page = campaign::DndPage {
            as_of: now.to_string()[..10].parse().unwrap(),
            new: 0,
            is_last: true,
            by: "crm".to_owned(),
        };
        let listed = ["+911234567891", "+911234567892"].map(number).into();
        let max_age = call::Policy::default().dnd_list_max_age;
        let taken = world.store().put_dnd_page(&page, &listed, now, max_age);
        taken.await.unwrap().unwrap();
        opt_out(&world, "+911234567892").await;
        let rules = ImportRules::default();
        let campaigns = world.campaigns();
        let draft = upload(&campaigns, id_of(1), file.as_bytes(), rules, 1_000);
        let mut plan = draft.await.unwrap().plan;
        if is_promotional {
            plan.class = campaign::Class::Promotional;
            plan.caller = Some(number("+911401234567"));
            let plan = Box::new(plan);
            let event = campaign::Event::PlanChanged { plan };
            world.campaigns().apply(id_of(1), &event).await.unwrap();
        }
        let languages = ["hi".to_owned()];
        world
            .campaigns()
            .begin_import(id_of(1), &languages)
            .await
            .unwrap();
        let found = world.import().await;
        check_sums(&found);
        let out: &[u32] = if is_promotional { &[3, 4] } else { &[4] };
        assert_eq!(
            numbers_in(&found, RowState::OptedOut),
            out,
            "{is_promotional}"
        );
        let listed = |row: &StoredRow| {
            row.told()
                .is_some_and(|told| told.contains("do-not-disturb"))
        };
        let told: Vec<u32> = found
            .rows
            .iter()
            .filter(|row| listed(row))
            .map(|row| row.row.number)
            .collect();
        assert_eq!(told, if is_promotional { vec![3] } else { vec![] });
    }
}
