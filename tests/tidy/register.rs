//! The register of comments and documents: the subject is the thing, the verb is what it does.

use std::collections::BTreeMap;

use super::files::{File, below, comment, read, source};

/// Words that put a person where a process or a value is.
const PERSONS: [&str; 13] = [
    "whoever",
    "nobody",
    "somebody",
    "everybody",
    "anybody",
    "someone",
    "everyone",
    "anyone",
    "whom",
    "told",
    "said",
    "wish",
    "wishes",
];
const PHRASES: [&str; 2] = ["give up", "gives up"];

/// What the documentation of an item does not begin with.
const QUESTIONS: [&str; 10] = ["What", "Who", "Whom", "Whose", "How", "Which", "Where", "When", "Whether", "So"];

/// Rooms that are not mended yet, with the words and the beginnings that they may still have. Lower them, never raise them.
const NOT_YET: [(&str, usize, usize); 5] =
    [("codec", 0, 20), ("domain", 6, 41), ("grpc", 11, 15), ("reports", 0, 10), ("store", 0, 1)];

/// Documents in which persons are meant.
const EXEMPT: [&str; 1] = ["docs/classification.md"];

/// The words for persons in a text, in lower case.
fn persons(text: &str) -> Vec<String> {
    let text = text.to_lowercase();
    let words = text.split(|c: char| !c.is_alphanumeric()).filter(|word| PERSONS.contains(word));
    let phrases = PHRASES.iter().filter(|phrase| text.contains(*phrase));
    words.chain(phrases.copied()).map(str::to_owned).collect()
}

/// The comments of code, a line each.
fn comments(file: &File) -> impl Iterator<Item = (usize, &str)> {
    file.text.lines().enumerate().filter_map(|(index, line)| comment(line).map(|text| (index + 1, text)))
}

/// No place of a room that is mended, and no more than there may be of the others.
fn check(found: &[(String, String)], allowed: impl Fn(&str) -> usize) {
    let mut by_room: BTreeMap<&str, Vec<&str>> = BTreeMap::new();
    for (room, place) in found {
        by_room.entry(room).or_default().push(place);
    }
    let wrong: Vec<String> = by_room
        .iter()
        .filter(|(room, places)| places.len() > allowed(room))
        .map(|(room, places)| format!("{room}, {} places:\n{}", places.len(), places.join("\n")))
        .collect();
    assert!(wrong.is_empty(), "{}", wrong.join("\n"));
}

fn not_yet(room: &str) -> Option<&'static (&'static str, usize, usize)> {
    NOT_YET.iter().find(|(name, ..)| *name == room)
}

#[test]
fn comments_have_no_words_for_persons() {
    let mut found = Vec::new();
    for file in source().iter().chain(&below("proto", "proto")) {
        for (number, text) in comments(file) {
            let place = |word: &String| (file.room().to_owned(), format!("{}:{number}: {word}", file.path));
            found.extend(persons(text).iter().map(place));
        }
    }
    check(&found, |room| not_yet(room).map_or(0, |(_, words, _)| *words));
}

#[test]
fn documents_have_no_words_for_persons() {
    let mut documents = below("docs", "md");
    documents.extend(["README.md", "CONTRIBUTING.md", "CHANGELOG.md"].map(read));
    let mut found = Vec::new();
    for file in documents.iter().filter(|file| !EXEMPT.contains(&file.path.as_str())) {
        for (index, line) in file.text.lines().enumerate() {
            let place = |word: &String| (String::new(), format!("{}:{}: {word}", file.path, index + 1));
            found.extend(persons(line).iter().map(place));
        }
    }
    check(&found, |_| 0);
}

#[test]
fn documentation_of_items_begins_with_the_thing() {
    let mut found = Vec::new();
    for file in source() {
        let mut is_within = false;
        for (index, line) in file.text.lines().enumerate() {
            let documentation = line.trim().strip_prefix("///");
            if let Some(text) = documentation.filter(|_| !is_within) {
                let first = text.trim().split(|c: char| !c.is_alphanumeric()).next().unwrap();
                if QUESTIONS.contains(&first) {
                    found.push((file.room().to_owned(), format!("{}:{}:{text}", file.path, index + 1)));
                }
            }
            is_within = documentation.is_some();
        }
    }
    check(&found, |room| not_yet(room).map_or(0, |(_, _, beginnings)| *beginnings));
}

#[test]
fn words_and_beginnings_are_found() {
    assert_eq!(persons("Nobody said so: it gives up."), ["nobody", "said", "gives up"]);
    assert!(persons("A nobodyish `tolded` aside.").is_empty());
    assert_eq!(comment("    /// Cached."), Some("Cached."));
    assert_eq!(comment("let x = 1; // one"), Some("one"));
    assert_eq!(comment("let url = \"http://x\";"), None);
}
