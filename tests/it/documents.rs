//! Every document of the tree points at things that exist, and its pictures say what the code says.

use std::{
    collections::BTreeSet,
    fs,
    path::{Path, PathBuf},
};

/// Folders that hold no document of ours.
const SKIPPED: [&str; 2] = ["target", ".git"];

/// How a path of ours begins, as documents write it.
const PLACES: [&str; 7] = [
    "functions/",
    "relay/",
    "shared/",
    "infra/",
    "tests/",
    ".ci/",
    ".github/",
];

fn root() -> PathBuf {
    Path::new(env!("CARGO_MANIFEST_DIR"))
        .parent()
        .unwrap()
        .to_owned()
}

/// A document, by its path in the tree.
pub(crate) fn document(path: &str) -> String {
    fs::read_to_string(root().join(path)).unwrap()
}

/// Every Markdown file of the tree, hidden folders included.
pub(crate) fn documents() -> Vec<PathBuf> {
    let mut found = Vec::new();
    let mut folders = vec![root()];
    while let Some(folder) = folders.pop() {
        for entry in fs::read_dir(folder).unwrap() {
            let path = entry.unwrap().path();
            let name = path.file_name().unwrap().to_str().unwrap();
            if path.is_dir() && !SKIPPED.contains(&name) {
                folders.push(path);
            } else if path.extension().is_some_and(|extension| extension == "md") {
                found.push(path);
            }
        }
    }
    found
}

/// What a document says in prose, and what it shows as code.
#[derive(Default)]
struct Parts {
    /// Prose, without what stands in backticks.
    prose: String,
    /// What stands in backticks.
    spans: Vec<String>,
    /// The lines of blocks of code.
    code: Vec<String>,
}

impl Parts {
    fn of(path: &Path) -> Self {
        let mut parts = Self::default();
        let mut is_code = false;
        for line in fs::read_to_string(path).unwrap().lines() {
            if line.trim_start().starts_with("```") {
                is_code = !is_code;
            } else if is_code {
                parts.code.push(line.to_owned());
            } else {
                parts.add(path, line);
            }
        }
        assert!(!is_code, "{}: a block without an end", path.display());
        parts
    }

    fn add(&mut self, path: &Path, line: &str) {
        let pieces: Vec<&str> = line.split('`').collect();
        let is_paired = pieces.len() % 2 == 1;
        assert!(is_paired, "{}: a backtick alone: {line}", path.display());
        for (n, piece) in pieces.into_iter().enumerate() {
            match n % 2 {
                0 => self.prose.push_str(piece),
                _ => self.spans.push(piece.to_owned()),
            }
        }
        self.prose.push('\n');
    }

    /// Everything that is written as a reader would type it.
    fn typed(&self) -> impl Iterator<Item = &str> {
        self.spans.iter().chain(&self.code).map(String::as_str)
    }
}

/// The targets of links in prose: `[text](target)`.
fn links(prose: &str) -> impl Iterator<Item = &str> {
    let targets = prose.split("](").skip(1);
    targets.map(|rest| rest.split(')').next().unwrap())
}

/// A heading's anchor, as GitHub makes it.
fn anchor(heading: &str) -> String {
    let kept = heading
        .chars()
        .filter(|c| c.is_alphanumeric() || matches!(c, ' ' | '-' | '_'));
    kept.flat_map(char::to_lowercase)
        .map(|c| if c == ' ' { '-' } else { c })
        .collect()
}

/// The anchors of a document's headings, in which backticks do not count.
fn anchors(path: &Path) -> BTreeSet<String> {
    let text = fs::read_to_string(path).unwrap();
    let headings = text.lines().filter(|line| line.starts_with('#'));
    headings
        .map(|line| anchor(line.trim_start_matches('#').trim()))
        .collect()
}

/// Why a link of a document leads nowhere.
fn dead(document: &Path, target: &str) -> Option<String> {
    if target.contains("://") {
        return None;
    }
    let (file, anchor) = target.split_once('#').unwrap_or((target, ""));
    let path = if file.is_empty() {
        document.to_owned()
    } else {
        document.parent().unwrap().join(file)
    };
    let is_there = path.exists();
    let leads = is_there && (anchor.is_empty() || anchors(&path).contains(anchor));
    (!leads).then(|| format!("{}: ({target})", document.display()))
}

/// Whether a text in backticks is meant as a file or folder of ours, not of a build.
fn is_path(text: &str) -> bool {
    let is_place = PLACES.iter().any(|place| text.starts_with(place));
    let is_plain = text
        .chars()
        .all(|c| c.is_ascii_alphanumeric() || "/._-".contains(c));
    is_place && is_plain
}

#[test]
fn every_link_leads_somewhere() {
    let documents = documents();
    assert!(documents.len() > 10, "{documents:?}");
    let mut dead_links = Vec::new();
    for path in &documents {
        let prose = Parts::of(path).prose;
        dead_links.extend(links(&prose).filter_map(|target| dead(path, target)));
    }
    assert_eq!(dead_links, Vec::<String>::new());
}

#[test]
fn every_path_that_is_named_exists() {
    let mut missing = Vec::new();
    for path in documents() {
        let parts = Parts::of(&path);
        for word in parts.typed().flat_map(str::split_whitespace) {
            if is_path(word) && !root().join(word).exists() {
                missing.push(format!("{}: {word}", path.display()));
            }
        }
    }
    assert_eq!(missing, Vec::<String>::new());
}

/// The word that follows `option` in a command.
fn value_of<'a>(command: &'a str, option: &str) -> Option<&'a str> {
    let mut words = command.split_whitespace();
    words.find(|word| *word == option)?;
    words.next()
}

/// What a cargo command names that does not exist: a package, a program, or a test of the whole.
fn unknown(command: &str, tests: &str) -> Option<String> {
    let packages = fs::read_to_string(root().join("Cargo.toml")).unwrap();
    let is_package = |name: &str| packages.contains(&format!("\n{name} = {{ path"));
    let is_program = |name: &str| {
        let file = format!("{}.rs", name.replace('-', "_"));
        let rooms = ["tests/src/bin", "infra/simulators/src/bin"];
        rooms
            .iter()
            .any(|room| root().join(room).join(&file).exists())
    };
    let is_test = |name: &str| {
        let room = name.split("::").next().unwrap();
        let is_room = root().join(format!("tests/it/{room}.rs")).exists();
        is_room || tests.contains(&format!("fn {name}("))
    };
    let package = value_of(command, "-p").filter(|name| !is_package(name));
    let program = value_of(command, "--bin").filter(|name| !is_program(name));
    let test = value_of(command, "it").filter(|name| !is_test(name));
    package.or(program).or(test).map(str::to_owned)
}

#[test]
fn every_cargo_command_names_what_exists() {
    let mut tests = String::new();
    crate::boundaries::each_source(&root().join("tests/it"), &mut |source| {
        tests.push_str(source);
    });
    let mut seen = 0;
    let mut wrong = Vec::new();
    for path in documents() {
        for line in Parts::of(&path).typed() {
            let command = line.split('#').next().unwrap();
            if let Some((_, command)) = command.split_once("cargo ") {
                seen += 1;
                let unknown = unknown(command, &tests);
                wrong.extend(unknown.map(|name| format!("{}: {name}", path.display())));
            }
        }
    }
    assert!(seen > 20, "{seen}");
    assert_eq!(wrong, Vec::<String>::new());
}

#[test]
fn a_path_is_told_from_other_words() {
    for text in ["shared/call/src/apply.rs", ".ci/run", "tests/it/template"] {
        assert!(is_path(text), "{text}");
    }
    for text in ["target/demo", "cargo", "shared/{call,store}", "relay"] {
        assert!(!is_path(text), "{text}");
    }
}
