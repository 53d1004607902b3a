//! A file brought to a running system by the command, and what the system says of it.

use super::{
    arguments, check, folder, rows, sample,
    service::{CLERK, READER, Service},
    sheet,
};
use call::time::Timestamp;
use local::campaign::{
    AskedPlan, Command, Ended, Remote, Talk, back, import,
    status::{AskedRows, Status},
};
use serde_json::Value;
use settings::Env;
use std::{
    fs,
    path::{Path, PathBuf},
    time::Duration,
};
use store::clock::{Clock, SystemClock};

/// How a command ended, what it answered, and what it said beside that.
pub(super) struct Told {
    pub(super) ended: Ended,
    pub(super) out: String,
    pub(super) talk: String,
}

pub(super) async fn run(command: &Command, key: Option<&str>) -> Told {
    let key = key.map(str::to_owned);
    let env = Env::from_reader(move |name| key.clone().filter(|_| name == "CLIENT_API_KEY"));
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let ended = command
        .run(&env, &mut out, &mut Talk::into(&mut talk))
        .await;
    let text = |bytes| String::from_utf8(bytes).unwrap();
    Told {
        ended: ended.unwrap(),
        out: text(out),
        talk: text(talk),
    }
}

/// An end some days ahead, as it is typed.
pub(super) fn until(ahead: Duration) -> String {
    let end: Timestamp = SystemClock.now() + ahead;
    end.to_string()[..16].to_owned()
}

pub(super) fn remote(service: &Service) -> Remote {
    Remote {
        url: service.system.api_url.parse().unwrap(),
        json: false,
    }
}

fn json(service: &Service) -> Remote {
    Remote {
        json: true,
        ..remote(service)
    }
}

pub(super) fn asked(file: &Path, remote: Remote) -> import::Arguments {
    import::Arguments {
        sheet: sheet(file),
        name: Some("Follow-up".to_owned()),
        plan: AskedPlan {
            until: Some(until(Duration::from_hours(7 * 24))),
            hours: Some("00:00-24:00".to_owned()),
            days: Some("mon-sun".parse().unwrap()),
            holidays: Vec::new(),
            zone: "Asia/Kolkata".to_owned(),
            concurrency: None,
            pace: None,
            retries: Some(0),
            priority: None,
            caller: None,
            promotional: false,
            recorded: false,
        },
        into: None,
        remote,
    }
}

pub(super) fn import(arguments: import::Arguments) -> Command {
    Command::Import(Box::new(arguments))
}

/// Brings a file to the system as the one who may do everything; what the system says.
async fn brought(service: &Service, file: &Path) -> (Ended, Value) {
    let told = run(&import(asked(file, json(service))), None).await;
    (told.ended, serde_json::from_str(&told.out).unwrap())
}

fn id_of(campaign: &Value) -> ::campaign::CampaignId {
    campaign["campaignId"].as_str().unwrap().parse().unwrap()
}

fn write(test: &str, text: &str) -> PathBuf {
    let file = folder(test).join("patients.csv");
    fs::write(&file, text).unwrap();
    file
}

/// The texts of a spreadsheet's cells.
fn texts(file: &Path) -> Vec<(u32, Vec<String>)> {
    let row = |row: spreadsheet::Row| {
        let cells = row.cells.iter().map(|cell| cell.text().into_owned());
        (row.number, cells.collect())
    };
    rows(file).into_iter().map(row).collect()
}

#[tokio::test]
async fn the_sample_is_told_as_the_check_tells_it() {
    let service = Service::start().await;
    let told = run(&import(asked(&sample("xlsx"), remote(&service))), None).await;
    assert_eq!((told.ended, told.ended.code()), (Ended::Faulty, 1));
    let (mut out, mut talk) = (Vec::new(), Vec::new());
    let mut checked = arguments(&sample("xlsx"));
    checked.out = Some(folder("brought_checked").join("patients.xlsx"));
    check(&checked, &mut out, &mut talk).unwrap();
    let out = String::from_utf8(out).unwrap();
    let until_rows = |text: &str| {
        let is_fault = |line: &&str| !line.starts_with("  row ") || line.contains(", column ");
        let lines = text
            .lines()
            .skip_while(|line| !line.starts_with("the columns"));
        lines
            .filter(is_fault)
            .map(str::to_owned)
            .collect::<Vec<_>>()
    };
    assert_eq!(until_rows(&told.out), until_rows(&out));
    assert!(
        told.out
            .contains("40 rows: 25 ready, 13 with errors, 2 twice in the file, 0 opted out")
    );
    assert!(told.talk.contains(" is ready\n"), "{}", told.talk);
    assert!(told.talk.contains("--state faulty"), "{}", told.talk);
}

#[tokio::test]
async fn the_file_comes_back_with_its_errors_as_the_check_writes_it() {
    let service = Service::start().await;
    for extension in ["xlsx", "csv"] {
        let (_, campaign) = brought(&service, &sample(extension)).await;
        let folder = folder(&format!("brought_back_{extension}"));
        let mut checked = arguments(&sample(extension));
        checked.out = Some(folder.join(format!("checked.{extension}")));
        check(&checked, &mut Vec::new(), &mut Vec::new()).unwrap();
        let out = folder.join(format!("back.{extension}"));
        let back = back::Arguments {
            id: id_of(&campaign),
            out: out.clone(),
            state: None,
            force: false,
            remote: remote(&service),
        };
        let told = run(&Command::File(back.clone()), None).await;
        assert_eq!(told.ended, Ended::Done, "{}", told.talk);
        assert!(told.talk.starts_with("40 rows: "), "{}", told.talk);
        assert_eq!(texts(&out), texts(checked.out.as_ref().unwrap()));
        let faulty = folder.join(format!("faulty.{extension}"));
        let only = back::Arguments {
            out: faulty.clone(),
            state: Some("faulty"),
            ..back
        };
        run(&Command::File(only), None).await;
        let told = |row: &(u32, Vec<String>)| row.1.last().is_some_and(|told| told.contains(';'));
        let (all, faulty) = (texts(&out), texts(&faulty));
        assert_eq!((faulty.len(), &faulty[0]), (1 + 13, &all[0]));
        assert!(faulty[1..].iter().all(|row| told(row) && all.contains(row)));
    }
}

#[tokio::test]
async fn the_same_command_again_makes_no_second_campaign() {
    let service = Service::start().await;
    let file = write("brought_again", "Phone,Name\n01234567801,Asha\n");
    let mut arguments = asked(&file, json(&service));
    arguments.plan.until = None;
    let (first, again) = (
        run(&import(arguments.clone()), None).await,
        run(&import(arguments), None).await,
    );
    assert_eq!((first.ended, first.ended.code()), (Ended::Done, 0));
    assert_eq!((&first.out, first.ended), (&again.out, again.ended));
    let list = run(&Command::List(remote(&service)), None).await;
    let lines: Vec<&str> = list.out.lines().collect();
    assert_eq!(lines.len(), 1, "{}", list.out);
    assert!(
        lines[0].contains("ready") && lines[0].ends_with("Follow-up"),
        "{}",
        lines[0]
    );
}

#[tokio::test]
async fn a_file_that_is_none_is_told_and_corrected_in_the_same_campaign() {
    let service = Service::start().await;
    let file = write("brought_none", "Mobile,Phone\n01234567801,01234567801\n");
    let told = run(&import(asked(&file, remote(&service))), None).await;
    assert_eq!(told.ended, Ended::Faulty);
    assert_eq!(
        told.out,
        "no row was looked at, because of the file as a whole:\n  \
         there is no column for the name: name it, for example name\n  \
         several columns could be the phone: Mobile, Phone; rename all but one\n"
    );
    let (_, id) = told.talk.split_once("--into ").unwrap();
    // No row that can be called is as much of a draft.
    for (text, ended, rows) in [
        ("Mobile,Name\n01234567801,\n", Ended::Faulty, 1),
        (
            "Mobile,Name\n01234567801,Asha\n01234567802,Ravi\n",
            Ended::Done,
            2,
        ),
    ] {
        fs::write(&file, text).unwrap();
        let arguments = import::Arguments {
            name: None,
            into: Some(id.trim().parse().unwrap()),
            ..asked(&file, json(&service))
        };
        let told = run(&import(arguments), None).await;
        let campaign: Value = serde_json::from_str(&told.out).unwrap();
        assert_eq!(
            (told.ended, campaign["counts"]["rows"].as_u64()),
            (ended, Some(rows))
        );
    }
}

#[tokio::test]
async fn who_may_not_read_patients_data_sees_none() {
    let service = Service::start().await;
    let told = run(
        &import(asked(&sample("xlsx"), remote(&service))),
        Some(CLERK),
    )
    .await;
    assert_eq!(told.ended, Ended::Faulty);
    let (_, campaign) = brought(&service, &sample("xlsx")).await;
    let id = id_of(&campaign);
    let asked = AskedRows {
        id,
        state: None,
        remote: remote(&service),
    };
    let rows = run(&Command::Rows(asked.clone()), Some(READER)).await;
    assert_eq!(rows.out.lines().count(), 40);
    for said in [&told.out, &told.talk, &rows.out, &rows.talk] {
        assert!(
            !said.contains("1234567") && !said.contains("राहुल"),
            "{said}"
        );
    }
    let masked = rows.out.lines().next().unwrap();
    assert!(
        masked.starts_with("row 2      pending    •••••••••••01"),
        "{masked}"
    );
    let whole = run(&Command::Rows(asked), None).await;
    assert!(whole.out.contains("+911234567801"), "{}", whole.out);
    let back = back::Arguments {
        id,
        out: folder("brought_masked").join("back.csv"),
        state: None,
        force: false,
        remote: remote(&service),
    };
    let told = run(&Command::File(back.clone()), Some(CLERK)).await;
    assert_eq!((told.ended, told.ended.code()), (Ended::NotAllowed, 77));
    assert!(!back.out.exists());
}

#[tokio::test]
async fn rows_are_listed_by_their_state_and_for_programs() {
    let service = Service::start().await;
    let (ended, campaign) = brought(&service, &sample("csv")).await;
    assert_eq!(ended, Ended::Faulty);
    let asked = |state, remote| {
        Command::Rows(AskedRows {
            id: id_of(&campaign),
            state,
            remote,
        })
    };
    for (state, count) in [
        ("pending", 25),
        ("faulty", 13),
        ("duplicate", 2),
        ("reached", 0),
    ] {
        let told = run(&asked(Some(state), json(&service)), None).await;
        let rows = told
            .out
            .lines()
            .map(|line| serde_json::from_str(line).unwrap());
        let rows: Vec<Value> = rows.collect();
        assert_eq!(rows.len(), count, "{state}");
        assert!(rows.iter().all(|row| row["state"] == state));
        let numbers: Vec<u64> = rows
            .iter()
            .map(|row| row["row"].as_u64().unwrap())
            .collect();
        assert!(numbers.is_sorted(), "{numbers:?}");
    }
    let not_called = campaign["rowsNotCalled"].as_array().unwrap();
    assert_eq!(not_called.len(), 15);
    let told = run(&asked(Some("faulty"), remote(&service)), None).await;
    assert!(
        told.out.contains("Excel has thrown away the last digits"),
        "{}",
        told.out
    );
}

#[tokio::test]
async fn a_key_that_may_not_and_a_server_that_is_not_there_are_told_apart() {
    let service = Service::start().await;
    let file = write("brought_keys", "Phone,Name\n01234567801,Asha\n");
    for key in ["wrong", READER] {
        let told = run(&import(asked(&file, remote(&service))), Some(key)).await;
        assert_eq!((told.ended, told.ended.code()), (Ended::NotAllowed, 77));
        assert!(
            told.talk.contains("put another key into CLIENT_API_KEY"),
            "{}",
            told.talk
        );
    }
    let nowhere = || Remote {
        url: "http://127.0.0.1:1".parse().unwrap(),
        json: false,
    };
    let id = "00000000-0000-4000-8000-000000000000".parse().unwrap();
    let status = |remote| {
        Command::Status(Status {
            id,
            watch: false,
            forecast: false,
            remote,
        })
    };
    for command in [import(asked(&file, nowhere())), status(nowhere())] {
        let told = run(&command, None).await;
        assert_eq!((told.ended, told.ended.code()), (Ended::Unreachable, 69));
    }
    let told = run(&status(remote(&service)), None).await;
    assert_eq!(
        (told.ended, told.talk.as_str()),
        (Ended::Faulty, "there is no such campaign\n")
    );
    let mut wrong = asked(&file, remote(&service));
    wrong.plan.concurrency = Some(5_000);
    let told = run(&import(wrong), None).await;
    assert_eq!(told.ended, Ended::Faulty);
    assert!(
        told.talk.contains("plan.concurrency: expected 1 to 1000"),
        "{}",
        told.talk
    );
}
