//! A file of events: whole lines, in order, whatever happens.

use std::fs;
use std::os::unix::fs::PermissionsExt;
use std::path::Path;

use deltabook::clock::Clock;
use deltabook::events::event_filter::EventFilter;
use deltabook::events::sink::file::File;
use deltabook::events::sink::{DeliveryOutcome, OutgoingEvent};
use serde_json::json;

use crate::support::sinks::outcomes::{
    assert_payload, billed, read, reason, renaming, settings, trial_started, upgraded,
};

fn open(path: &Path) -> Result<File, String> {
    File::open(settings(json!({"path": path})), EventFilter::default(), &read, Clock::system())
}

fn lines(events: &[OutgoingEvent]) -> String {
    events.iter().map(|event| event.envelope.json() + "\n").collect()
}

#[tokio::test]
async fn file_sink_writes_a_line_for_each_event_in_order() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let file = open(&path).unwrap();
    let events = [upgraded(), trial_started(), billed(3, 1), billed(4, 1)];
    assert_eq!(file.deliver(&events[..2]).await, vec![DeliveryOutcome::Delivered; 2]);
    assert_eq!(file.deliver(&events[2..]).await, vec![DeliveryOutcome::Delivered; 2]);
    assert_eq!(file.deliver(&[]).await, []);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines(&events));
    assert_eq!(fs::metadata(&path).unwrap().permissions().mode() & 0o777, 0o600);
    assert_payload("file-upgraded", &events[0].envelope.json());
    assert_payload("file-trial-started", &events[1].envelope.json());
}

#[tokio::test]
async fn file_sink_names_can_be_chosen() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let file = File::open(settings(json!({"path": path})), renaming(), &read, Clock::system()).unwrap();
    file.deliver(&[upgraded()]).await;
    assert_payload("file-renamed", &fs::read_to_string(&path).unwrap());
}

#[tokio::test]
async fn file_sink_cuts_off_a_torn_line() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let whole = lines(&[upgraded()]);
    // Also one that is longer than what is read at a time, and one of which only the length was written.
    for torn in ["{\"id\":\"1\",\"ev".to_owned(), format!("{{{}", "x".repeat(200_000)), "\0".repeat(70_000)] {
        for before in ["", &whole] {
            fs::write(&path, format!("{before}{torn}")).unwrap();
            let file = open(&path).unwrap();
            assert_eq!(fs::read_to_string(&path).unwrap(), before);
            file.deliver(&[billed(2, 1)]).await;
            assert_eq!(fs::read_to_string(&path).unwrap(), format!("{before}{}", lines(&[billed(2, 1)])));
        }
    }
    fs::write(&path, &whole).unwrap();
    drop(open(&path).unwrap());
    assert_eq!(fs::read_to_string(&path).unwrap(), whole);
}

#[test]
fn file_sink_leaves_other_files_alone() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("notes");
    fs::write(&path, "one\nand another").unwrap();
    assert!(open(&path).unwrap_err().ends_with("is not a file of events"));
    assert_eq!(fs::read_to_string(&path).unwrap(), "one\nand another");
    assert!(open(folder.path()).is_err());
    assert!(open(&folder.path().join("missing/events.jsonl")).is_err());
    assert!(open(Path::new("/dev/null")).unwrap_err().ends_with("is not a file"));
}

#[tokio::test]
async fn file_sink_rotates_full_files() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let two_lines = lines(&[billed(10, 1), billed(11, 1)]).len();
    let settings = settings(json!({"path": path, "max_bytes": two_lines, "keep": 2}));
    let file = File::open(settings, EventFilter::default(), &read, Clock::system()).unwrap();
    for number in 10..19 {
        assert_eq!(file.deliver(&[billed(number, 1)]).await, [DeliveryOutcome::Delivered]);
    }
    let found = |name: &str| fs::read_to_string(folder.path().join(name)).unwrap();
    assert_eq!(found("events.jsonl"), lines(&[billed(18, 1)]));
    assert_eq!(found("events.jsonl.1"), lines(&[billed(16, 1), billed(17, 1)]));
    assert_eq!(found("events.jsonl.2"), lines(&[billed(14, 1), billed(15, 1)]));
    assert_eq!(fs::read_dir(folder.path()).unwrap().count(), 3);
    // Those that are given together stay together.
    let many: Vec<_> = (20..30).map(|number| billed(number, 1)).collect();
    file.deliver(&many).await;
    assert_eq!(found("events.jsonl"), lines(&many));
}

#[tokio::test]
async fn file_sink_creates_a_removed_file_again() {
    let folder = tempfile::tempdir().unwrap();
    let inner = folder.path().join("inner");
    fs::create_dir(&inner).unwrap();
    let path = inner.join("events.jsonl");
    let file = open(&path).unwrap();
    fs::remove_dir_all(&inner).unwrap();
    let outcomes = file.deliver(&[billed(1, 1), billed(2, 1)]).await;
    assert_eq!(outcomes.len(), 2);
    assert!(outcomes.iter().all(|outcome| reason(outcome).contains("No such file")), "{outcomes:?}");
    fs::create_dir(&inner).unwrap();
    assert_eq!(file.deliver(&[billed(1, 1)]).await, [DeliveryOutcome::Delivered]);
    fs::rename(&path, inner.join("elsewhere")).unwrap();
    assert_eq!(file.deliver(&[billed(2, 1)]).await, [DeliveryOutcome::Delivered]);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines(&[billed(2, 1)]));
}

#[tokio::test]
async fn file_sinks_take_turns_at_one_file() {
    let folder = tempfile::tempdir().unwrap();
    let path = folder.path().join("events.jsonl");
    let (first, second) = (open(&path).unwrap(), open(&path).unwrap());
    assert_eq!(first.deliver(&[billed(1, 1)]).await, [DeliveryOutcome::Delivered]);
    let somebody = fs::File::open(&path).unwrap();
    somebody.lock().unwrap();
    let outcomes = second.deliver(&[billed(2, 1)]).await;
    assert!(reason(&outcomes[0]).contains("another process writes to it"), "{outcomes:?}");
    drop(somebody);
    assert_eq!(second.deliver(&[billed(2, 1)]).await, [DeliveryOutcome::Delivered]);
    assert_eq!(first.deliver(&[billed(3, 1)]).await, [DeliveryOutcome::Delivered]);
    assert_eq!(fs::read_to_string(&path).unwrap(), lines(&[billed(1, 1), billed(2, 1), billed(3, 1)]));
}

#[test]
fn file_sink_settings_are_checked() {
    let opened = |settings| serde_json::from_value::<deltabook::events::sink::file::FileSettings>(settings);
    assert!(opened(json!({"path": "x", "max_byte": 1})).is_err());
    assert!(opened(json!({})).is_err());
    for wrong in [json!({"path": "x", "keep": 0}), json!({"path": "x", "max_bytes": 0})] {
        assert!(File::open(settings(wrong), EventFilter::default(), &read, Clock::system()).is_err());
    }
}
