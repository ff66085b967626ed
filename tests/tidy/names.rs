//! Public types: one of a name, so that a name in a signature leads to one place.

use std::collections::BTreeMap;

use super::files::source;

/// Names that stand for many things and are always read with their module, each with the reason.
const QUALIFIED: [(&str, &str); 0] = [];

/// Names that are declared twice and not mended yet. The list may only become shorter.
const NOT_YET: [&str; 2] = ["Cell", "Customer"];

/// The name of the public type that a line declares.
fn declared(line: &str) -> Option<&str> {
    let rest = line.trim_start().strip_prefix("pub ")?;
    let rest = ["struct ", "enum ", "type ", "trait ", "union "].iter().find_map(|kind| rest.strip_prefix(kind))?;
    rest.split(|c: char| !c.is_alphanumeric() && c != '_').next().filter(|name| !name.is_empty())
}

#[test]
fn a_public_type_has_a_name_of_its_own() {
    let files = source();
    let mut places: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for file in &files {
        for name in file.without_tests().lines().filter_map(declared) {
            places.entry(name).or_default().push(&file.path);
        }
    }
    let twice: Vec<String> = places
        .iter()
        .filter(|(_, files)| files.len() > 1)
        .filter(|(name, _)| !NOT_YET.contains(name) && QUALIFIED.iter().all(|(qualified, _)| qualified != *name))
        .map(|(name, files)| format!("{name}: {}", files.join(", ")))
        .collect();
    assert!(twice.is_empty(), "{}", twice.join("\n"));
    for (name, _) in QUALIFIED {
        assert!(places[name].len() > 1, "{name} needs no exception any more");
    }
}

#[test]
fn declarations_are_found() {
    assert_eq!(declared("    pub struct Movement<'a> {"), Some("Movement"));
    assert_eq!(declared("pub enum Level {"), Some("Level"));
    assert_eq!(declared("pub(super) struct Row {"), None);
    assert_eq!(declared("/// pub struct Row"), None);
    assert_eq!(declared("        pub struct $name {"), None);
}
