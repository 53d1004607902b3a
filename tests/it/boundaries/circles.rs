//! No two files of a crate import each other, over however many others. A file and those in its
//! folder are one subject, and may.

use super::{production, sources};
use std::{
    collections::{BTreeMap, BTreeSet},
    fs,
    path::Path,
};

/// `session::ending`, in parts; nothing for the root of a crate.
type Module = Vec<String>;

/// Which modules each module imports.
type Imports = BTreeMap<Module, BTreeSet<Module>>;

fn module_of(file: &Path) -> Module {
    let file = file.with_extension("");
    let mut parts: Module = file
        .iter()
        .map(|part| part.to_str().unwrap().to_owned())
        .collect();
    if parts.last().is_some_and(|last| last == "mod") || parts == ["lib"] || parts == ["main"] {
        parts.pop();
    }
    parts
}

/// The paths that a tree of imports names: `a::{b, c::D}` is `a::b` and `a::c::D`. Also what follows
/// the tree.
fn paths(tree: &str) -> (Vec<Module>, &str) {
    let tree = tree.trim_start();
    if let Some(mut rest) = tree.strip_prefix('{') {
        let mut all = Vec::new();
        loop {
            let (some, after) = paths(rest);
            all.extend(some);
            // Past a name given with `as`.
            let end = after.find([',', '}']).unwrap_or(after.len());
            match after[end..].strip_prefix(',') {
                Some(more) => rest = more,
                None => return (all, after[end..].trim_start_matches('}')),
            }
        }
    }
    let end = tree.find(|c: char| !c.is_alphanumeric() && c != '_');
    let (name, rest) = tree.split_at(end.unwrap_or(tree.len()));
    let (inner, rest) = match rest.strip_prefix("::") {
        Some(inner) => paths(inner),
        None => (vec![Module::new()], rest),
    };
    let led = |path: Module| [vec![name.to_owned()], path].concat();
    (inner.into_iter().map(led).collect(), rest)
}

/// The module of `known` that a path seen in `within` leads into, if it is one of this crate.
fn target(path: &[String], within: &Module, known: &BTreeMap<Module, String>) -> Module {
    let mut found = Module::new();
    let mut rest = path;
    if path[0] == "crate" {
        rest = &path[1..];
    } else {
        found.clone_from(within);
        while rest.first().is_some_and(|part| part == "super") {
            found.pop();
            rest = &rest[1..];
        }
    }
    for part in rest {
        found.push(part.clone());
        if !known.contains_key(&found) {
            found.pop();
            break;
        }
    }
    found
}

fn imports_of(module: &Module, known: &BTreeMap<Module, String>) -> BTreeSet<Module> {
    let source = &known[module];
    let starts = ["crate::", "super::"].map(|start| source.match_indices(start));
    let trees = starts.into_iter().flatten().map(|(at, _)| &source[at..]);
    let paths = trees.flat_map(|tree| paths(tree).0);
    let targets = paths.map(|path| target(&path, module, known));
    let is_apart = |to: &Module| !to.starts_with(module) && !module.starts_with(to);
    targets.filter(is_apart).collect()
}

fn imports(crate_source: &Path) -> Imports {
    let files = sources(crate_source).into_iter();
    let known: BTreeMap<Module, String> = files
        .map(|(path, source)| {
            let place = Path::new(&path).strip_prefix(crate_source).unwrap();
            let lines = production(&source);
            let lines = lines
                .lines()
                .filter(|line| !line.trim_start().starts_with("//"));
            (module_of(place), lines.collect::<Vec<_>>().join("\n"))
        })
        .collect();
    let modules = known.keys();
    modules
        .map(|module| (module.clone(), imports_of(module, &known)))
        .collect()
}

/// The first import that leads back to where it stands.
fn circle(imports: &Imports) -> Option<String> {
    let leads_back = |from: &Module, to: &Module| {
        let (mut seen, mut next) = (BTreeSet::new(), vec![to]);
        while let Some(module) = next.pop() {
            if from.starts_with(module) {
                return true;
            }
            if seen.insert(module) {
                // Whoever imports a folder imports what is in it.
                let inner = imports
                    .iter()
                    .filter(|(inner, _)| inner.starts_with(module));
                next.extend(inner.flat_map(|(_, to)| to));
            }
        }
        false
    };
    let all = imports
        .iter()
        .flat_map(|(from, to)| to.iter().map(move |to| (from, to)));
    let mut back = all.filter(|(from, to)| leads_back(from, to));
    let (from, to) = back.next()?;
    Some(format!("{} and {}", from.join("::"), to.join("::")))
}

#[test]
fn no_files_of_a_crate_import_each_other() {
    let root = Path::new(env!("CARGO_MANIFEST_DIR")).parent().unwrap();
    let mut crates = vec![root.join("functions"), root.join("relay")];
    for folder in ["shared", "infra"] {
        let places = fs::read_dir(root.join(folder)).unwrap();
        crates.extend(places.map(|place| place.unwrap().path()));
    }
    crates.retain(|place| place.join("src").is_dir());
    assert!(crates.len() > 10);
    for place in crates {
        let found = circle(&imports(&place.join("src")));
        assert_eq!(found, None, "in {}", place.display());
    }
}

#[test]
fn a_circle_is_seen_through_groups_and_over_others() {
    let known = [
        ("a", "use crate::{b::{self, C}, d as e};"),
        (
            "b",
            "use super::d::{E as F};\nfn f() { crate::b::inner::g() }",
        ),
        ("b/inner", "use super::C;"),
        ("d", "use crate::a::b;"),
    ];
    let known: BTreeMap<Module, String> = known
        .iter()
        .map(|(file, source)| (module_of(Path::new(file)), (*source).to_owned()))
        .collect();
    let imports: Imports = known
        .keys()
        .map(|module| (module.clone(), imports_of(module, &known)))
        .collect();
    let of = |module: &str| {
        imports[&vec![module.to_owned()]]
            .iter()
            .map(|to| to.join("::"))
    };
    assert_eq!(of("a").collect::<Vec<_>>(), ["b", "d"]);
    assert_eq!(of("b").collect::<Vec<_>>(), ["d"]);
    assert_eq!(circle(&imports), Some("a and b".to_owned()));
}
