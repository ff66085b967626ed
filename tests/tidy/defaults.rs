//! A case that cannot happen is an error, never a default: what is replaced in silence has its reason in a comment.

use super::files::{comment, source};

/// The rooms in which a wrong value would become a wrong number, with the places that have no reason yet. Lower the
/// numbers, never raise them.
const ROOMS: [(&str, usize); 5] = [("domain", 0), ("ledger", 0), ("events", 0), ("store", 0), ("reports", 27)];

const SILENT: [&str; 2] = ["unwrap_or_default", "saturating_"];

/// The lines that replace a value without a reason on them or above them.
fn unexplained(text: &str) -> Vec<usize> {
    let lines: Vec<&str> = text.lines().collect();
    let is_code = |line: &str| !line.trim_start().starts_with("//");
    let above = |index: usize| index.checked_sub(1).and_then(|above| lines.get(above)).copied().unwrap_or("");
    let has_reason = |index: usize| comment(lines[index]).is_some() || !is_code(above(index));
    let silent = (0..lines.len()).filter(|index| is_code(lines[*index]));
    silent
        .filter(|index| SILENT.iter().any(|word| lines[*index].contains(word)) && !has_reason(*index))
        .map(|index| index + 1)
        .collect()
}

#[test]
fn what_is_replaced_in_silence_has_its_reason() {
    for (room, allowed) in ROOMS {
        let files = source().into_iter().filter(|file| file.room() == room);
        let places = files.flat_map(|file| {
            let lines = unexplained(file.without_tests());
            lines.into_iter().map(move |line| format!("{}:{line}", file.path))
        });
        let places: Vec<String> = places.collect();
        assert!(places.len() <= allowed, "{} places:\n{}", places.len(), places.join("\n"));
    }
}

#[test]
fn an_unexplained_default_is_found() {
    let text = "a.unwrap_or_default();\n// Absent means none.\nb.unwrap_or_default();\nc.saturating_add(1) // capped\n";
    assert_eq!(unexplained(text), [1]);
}
