//! `infra/aws/deploy` and `infra/aws/adopt`, with their tools played: what they ask of them, and when nothing.

use crate::template::Template;
use std::{
    env, fs,
    os::unix::fs::PermissionsExt,
    path::{Path, PathBuf},
    process::{Command, Output},
    sync::atomic::{AtomicU32, Ordering},
};

/// Plays every tool: notes what it is asked, and answers as the account would.
const TOOL: &str = r#"#!/usr/bin/env bash
echo "$(basename "$0") $*" >>"$NOTES"
case "$(basename "$0") $*" in
    "git status"*) ;;
    "git rev-parse"*) echo 0123456789ab ;;
    "aws configure get region") echo ap-south-1 ;;
    "aws sts"*) echo 000000000000 ;;
    "aws cloudformation describe-stacks --stack-name hospital") echo "$STACK" >&2; exit "$STACK_CODE" ;;
    "aws ecr describe-images"*) exit "$IMAGE_CODE" ;;
    "aws secretsmanager get-secret-value --secret-id hospital/clients"*) echo '{}' ;;
    "aws secretsmanager describe-secret"*) echo API_KEYS ;;
esac
"#;

static RUNS: AtomicU32 = AtomicU32::new(0);

struct Account {
    folder: PathBuf,
    /// What is said of the stack, and whether it is there.
    stack: (&'static str, &'static str),
    has_image: bool,
}

impl Account {
    fn new(stack: (&'static str, &'static str)) -> Self {
        let run = RUNS.fetch_add(1, Ordering::Relaxed);
        let folder = env::temp_dir().join(format!("deploy-{}-{run}", std::process::id()));
        fs::create_dir_all(&folder).unwrap();
        for tool in ["git", "aws", "sam", "docker"] {
            let path = folder.join(tool);
            fs::write(&path, TOOL).unwrap();
            fs::set_permissions(&path, fs::Permissions::from_mode(0o755)).unwrap();
        }
        Self {
            folder,
            stack,
            has_image: true,
        }
    }

    /// Runs a script of `infra/aws`.
    fn run(&self, script: &str, arguments: &[&str]) -> Output {
        let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
        let tools = self.folder.display();
        let path = format!("{tools}:{}", env::var("PATH").unwrap());
        Command::new(root.join("infra/aws").join(script))
            .args(arguments)
            .env("PATH", path)
            .env("NOTES", self.folder.join("notes"))
            .env("STACK", self.stack.0)
            .env("STACK_CODE", self.stack.1)
            .env("IMAGE_CODE", if self.has_image { "0" } else { "1" })
            .env_remove("AWS_REGION")
            .output()
            .unwrap()
    }

    fn deploy(&self, arguments: &[&str]) -> Output {
        self.run("deploy", arguments)
    }

    fn asked(&self) -> String {
        fs::read_to_string(self.folder.join("notes")).unwrap_or_default()
    }
}

impl Drop for Account {
    fn drop(&mut self) {
        let _ = fs::remove_dir_all(&self.folder);
    }
}

const NEW: (&str, &str) = ("Stack with id hospital does not exist", "1");
const THERE: (&str, &str) = ("", "0");

fn overrides(asked: &str) -> &str {
    let line = asked.lines().find(|line| line.starts_with("sam deploy"));
    let parts = line.unwrap().split_once("--parameter-overrides ");
    parts.unwrap().1
}

#[test]
fn a_new_stack_starts_without_relays_and_says_which_secrets_are_empty() {
    let mut account = Account::new(NEW);
    account.has_image = false;
    let done = account.deploy(&["hospital", "CallingWindow=09:00-21:00 Asia/Kolkata"]);
    assert!(done.status.success(), "{done:?}");
    let asked = account.asked();
    let expected = "RelayImageTag=\"0123456789ab\" CallingWindow=\"09:00-21:00 Asia/Kolkata\" \
                    RelayMin=\"0\" ElevenLabsAgentId=\"none\"";
    assert_eq!(overrides(&asked), expected);
    let image = "000000000000.dkr.ecr.ap-south-1.amazonaws.com/outbound-call-relay:0123456789ab";
    assert!(asked.contains(&format!("docker push {image}")), "{asked}");
    let said = String::from_utf8(done.stdout).unwrap();
    let empty = "still empty: the secret hospital/clients (API_KEYS)";
    assert_eq!(said.matches("still empty").count(), 1);
    assert!(said.contains(empty), "{said}");
}

#[test]
fn a_stack_that_is_there_keeps_its_parameters_and_an_image_is_built_once() {
    let account = Account::new(THERE);
    let done = account.deploy(&["hospital", r#"Questionnaire=[{"field": "age"}]"#]);
    assert!(done.status.success(), "{done:?}");
    let asked = account.asked();
    let expected = r#"RelayImageTag="0123456789ab" Questionnaire="[{\"field\": \"age\"}]""#;
    assert_eq!(overrides(&asked), expected);
    assert!(!asked.contains("docker"), "{asked}");
}

/// Else a moment's outage would stop the relays of a stack in use.
#[test]
fn a_stack_that_cannot_be_asked_for_is_left_alone() {
    let account = Account::new(("An error occurred (AccessDenied)", "254"));
    let done = account.deploy(&["hospital"]);
    assert!(!done.status.success());
    assert!(
        String::from_utf8(done.stderr)
            .unwrap()
            .contains("AccessDenied")
    );
    assert!(!account.asked().contains("sam"), "{}", account.asked());
}

#[test]
fn what_is_no_parameter_is_refused_before_anything_is_asked() {
    let account = Account::new(THERE);
    for arguments in [
        &[][..],
        &["hospital", "RelayMin"],
        &["hospital", "--RelayMin=2"],
        &["hospital", r"CarrierErrors=a\b=account"],
    ] {
        assert!(!account.deploy(arguments).status.success(), "{arguments:?}");
    }
    assert_eq!(account.asked(), "");
}

/// What CloudFormation is to change later must not be there already.
#[test]
fn a_restored_table_is_taken_over_by_its_keys_and_indexes_alone() {
    let account = Account::new(NEW);
    let done = account.run("adopt", &["hospital-2", "calls-restored"]);
    assert!(done.status.success(), "{done:?}");
    let asked = account.asked();
    let identifier = r#""ResourceIdentifier":{"TableName":"calls-restored"}"#;
    assert!(asked.contains(identifier), "{asked}");
    let (_, body) = asked.split_once("--template-body ").unwrap();
    let (body, _) = body.split_once("\naws ").unwrap();
    let taken = Template::of(body);
    let (taken, ours) = (taken.resource("CallsTable"), Template::read());
    let ours = ours.resource("CallsTable");
    assert_eq!(taken["DeletionPolicy"], "Retain");
    let properties = taken["Properties"].as_object().unwrap();
    let names: Vec<&str> = properties.keys().map(String::as_str).collect();
    let expected = [
        "AttributeDefinitions",
        "BillingMode",
        "GlobalSecondaryIndexes",
        "KeySchema",
        "TableName",
    ];
    assert_eq!(names, expected);
    for name in &expected[..4] {
        assert_eq!(properties[*name], ours["Properties"][*name], "{name}");
    }
    assert_eq!(properties["TableName"], "calls-restored");
    assert!(!account.run("adopt", &["hospital-2"]).status.success());
    assert!(
        !account
            .run("adopt", &["hospital-2", "a b"])
            .status
            .success()
    );
}
