//! What the command says, writes and leaves alone.

use super::*;

fn with(name: &str, content: &str) -> PathBuf {
    let file = folder(name).join("patients.csv");
    fs::write(&file, content).unwrap();
    file
}

const GOOD: &str = "phone,name,doctor\n1234567801,Asha,Dr. Rao\n";

#[test]
fn a_file_without_a_fault_is_fit_and_nothing_is_written() {
    let file = with("fit", GOOD);
    let (outcome, out, talk) = run(&arguments(&file));
    assert_eq!(outcome, Outcome::Fit);
    assert!(out.contains("1 rows: 1 ready, 0 with errors"), "{out}");
    assert!(
        out.contains("A  phone   phone          1234567801"),
        "{out}"
    );
    assert!(out.contains("C  doctor  for the agent  Dr. Rao"), "{out}");
    assert_eq!(talk, "");
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
}

#[test]
fn what_is_wrong_with_the_whole_file_is_said_before_any_row() {
    for (name, content, code) in [
        ("empty", "", "empty_file"),
        ("header_only", "phone,name\n", "no_rows"),
        ("no_phone", "a,name\n1,x\n", "missing_column"),
        (
            "two_phones",
            "phone,mobile,name\n1,2,x\n",
            "several_columns",
        ),
        ("no_header", "+911234567801,Asha\n", "no_header_row"),
    ] {
        let file = with(name, content);
        let (outcome, told) = as_json(&file);
        assert_eq!(outcome, Outcome::Faulty, "{name}");
        assert_eq!(told["errors"][0]["code"], code);
        let (_, out, _) = run(&arguments(&file));
        assert!(out.starts_with("no row was looked at"), "{out}");
        assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 1);
    }
    let mut two = arguments(&with("named", "phone,mobile,name\n1,1234567801,x\n"));
    two.source.sheet.phone_column = Some("Mobile".to_owned());
    assert_eq!(run(&two).0, Outcome::Fit);
}

#[test]
fn fifteen_faulty_rows_are_shown_and_all_are_written() {
    let rows: String = (0..40).map(|_| "nobody,Asha\n").collect();
    let file = with("many", &format!("phone,name\n{rows}"));
    let (_, out, talk) = run(&arguments(&file));
    assert_eq!(out.matches("this is no telephone number").count(), 15);
    assert!(out.contains("row 2, column A, phone (nobody)"), "{out}");
    assert!(out.ends_with("and 25 rows more\n"), "{out}");
    assert!(talk.contains("patients.checked.csv"), "{talk}");
    let copy = fs::read_to_string(file.with_file_name("patients.checked.csv")).unwrap();
    assert_eq!(copy.matches("this is no telephone number").count(), 40);
}

#[test]
fn a_file_that_is_there_is_left_alone_unless_forced() {
    let file = with("there", "phone,name\nx,Asha\n");
    let copy = file.with_file_name("patients.checked.csv");
    fs::write(&copy, "mine").unwrap();
    let (outcome, _, talk) = run(&arguments(&file));
    assert_eq!(outcome, Outcome::Faulty);
    assert!(talk.contains("--force"), "{talk}");
    assert_eq!(fs::read_to_string(&copy).unwrap(), "mine");
    let forced = Arguments {
        force: true,
        ..arguments(&file)
    };
    run(&forced);
    assert!(
        fs::read_to_string(&copy)
            .unwrap()
            .contains("Errors to correct")
    );
    let elsewhere = Arguments {
        out: Some(file.with_file_name("mine.csv")),
        ..arguments(&file)
    };
    run(&elsewhere);
    assert!(file.with_file_name("mine.csv").exists());
    assert_eq!(fs::read_dir(file.parent().unwrap()).unwrap().count(), 3);
}

#[cfg(unix)]
#[test]
fn a_copy_is_its_owners_alone() {
    use std::os::unix::fs::PermissionsExt;
    let file = with("owner", "phone,name\nx,Asha\n");
    run(&arguments(&file));
    let copy = fs::metadata(file.with_file_name("patients.checked.csv")).unwrap();
    assert_eq!(copy.permissions().mode() & 0o777, 0o600);
}

#[test]
fn a_cell_moves_no_cursor_and_runs_no_formula() {
    let content = "phone,name,note\n\u{1b}[2J\u{7},Asha,=HYPERLINK(1)\n";
    let file = with("escape", content);
    let (_, out, _) = run(&arguments(&file));
    assert!(!out.contains('\u{1b}') && !out.contains('\u{7}'), "{out:?}");
    let copy = fs::read_to_string(file.with_file_name("patients.checked.csv")).unwrap();
    assert!(copy.contains(",'=HYPERLINK(1),"), "{copy}");
}

#[test]
fn hindi_in_an_old_font_is_warned_of_beside_the_answer() {
    let file = with("font", "phone,name\n1234567801,jkgqy 'kekZ\n");
    let (outcome, out, talk) = run(&arguments(&file));
    assert_eq!(outcome, Outcome::Fit);
    assert!(talk.contains("Kruti Dev") && !out.contains("Kruti Dev"));
}

#[test]
fn who_is_on_a_stop_list_is_no_error_and_is_not_called() {
    let folder = folder("stop_list");
    let (file, list) = (folder.join("patients.csv"), folder.join("list.csv"));
    fs::write(&file, "Phone,Name\n1234567001,A\n1234567002,B\n").unwrap();
    let mut arguments = arguments(&file);
    arguments.source.opt_outs = Some(list.clone());
    fs::write(&list, "Mobile\n+91 12345 67002\n").unwrap();
    let (outcome, out, _) = run(&arguments);
    assert_eq!(outcome, Outcome::Fit);
    let counts = "2 rows: 1 ready, 0 with errors, 0 twice in the file, 1 opted out";
    assert!(out.contains(counts), "{out}");
    fs::write(&list, "Mobile\n1234567002\nx\n").unwrap();
    let refused = check(&arguments, &mut Vec::new(), &mut Vec::new()).unwrap_err();
    let said = "the stop list has 1 rows without a number; row 3: this is no telephone number";
    assert_eq!(refused.to_string(), said);
}
