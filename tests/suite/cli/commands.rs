//! The command line as a whole: the demo, the help, and what goes wrong.

use crate::support::program::Folder;

#[test]
fn demo_command_shows_movements_an_explanation_and_a_waterfall() {
    let folder = Folder::new();
    let printed = folder.ask("demo --exit");
    let sections = ["Sent ", "The last movements of ", "Explanation of movement ", "The waterfall of "];
    let places: Vec<Option<usize>> = sections.iter().map(|section| printed.find(section)).collect();
    assert!(places.iter().all(Option::is_some) && places.is_sorted(), "{printed}");
    let why = printed.split("Explanation of movement ").nth(1).unwrap();
    assert!(why.contains("\n  R8 ") && why.contains("\n  Event on that date: "), "{why}");
    let waterfall = printed.split("The waterfall of ").nth(1).unwrap();
    assert!(waterfall.lines().count() >= 12 + 3, "{waterfall}");
    assert!(folder.names().is_empty());
}

#[test]
fn help_of_commands_has_their_options() {
    let target = ["--database-url", "--server", "--format"];
    let commands: [(&str, &[&str]); 12] = [
        ("demo", &["--exit"]),
        (
            "serve",
            &["--listen", "--tls-certificate", "--tls-key", "--database-url", "DELTABOOK_LISTEN", "DATABASE_URL"],
        ),
        ("classify", &["--format", "--level", "--events", "--lapse-grace-days", "<FILE>"]),
        ("import", &["--map", "--set", "--skip-invalid", "--database-url", "<FILE>", "unit_price", "amount"]),
        (
            "movements",
            &["--customer", "--level", "--category", "--from", "--to", "--live", "--by-date", "--limit", "--all"],
        ),
        ("explain", &["--format", "<ID>"]),
        ("waterfall", &["--level", "--year", "--from", "--to", "--currency", "--customer"]),
        ("mrr", &["--date", "--level", "--currency", "--customer"]),
        ("verify", &["--database-url", "exit code 1"]),
        ("deliveries", &["list", "dead", "redrive", "enable", "--sink crm"]),
        ("deliveries list", &["--sink", "--limit", "--format", "--database-url", "--server"]),
        ("deliveries redrive", &["--sink", "--dead", "--from", "--to", "--customer", "--server"]),
    ];
    let folder = Folder::new();
    let overview = folder.ask("--help");
    for (command, options) in commands {
        let name = command.split(' ').next().unwrap();
        assert!(overview.lines().any(|line| line.trim_start().starts_with(name)), "{command} in {overview}");
        let help = folder.ask(&format!("{command} --help"));
        assert!(help.contains(&format!("Usage: deltabook {command}")), "{help}");
        let is_question = ["movements", "explain", "waterfall", "mrr"].contains(&command);
        for option in options.iter().chain(if is_question { &target[..] } else { &[] }) {
            assert!(help.contains(option), "{option} in {help}");
        }
        assert!(folder.ask(&format!("{command} -h")).starts_with(help.lines().next().unwrap()), "{command}");
    }
    let nothing = folder.command("").env_remove("DELTABOOK_LOG").output().unwrap();
    assert!(String::from_utf8(nothing.stderr).unwrap().contains("\nExamples:\n"));
    assert_eq!(nothing.status.code(), Some(2));
    assert_eq!(folder.run("waterfall --yaer 2025").code, Some(2));
}

#[test]
fn commands_name_a_missing_store_or_server() {
    let folder = Folder::new();
    let missing = "error: there is no store no.db; `deltabook serve` and `deltabook import` create one\n";
    for question in ["movements", "explain 1", "waterfall --year 2025", "mrr", "verify", "deliveries list"] {
        folder.refuses(&format!("{question} --database-url no.db"), missing);
    }
    assert!(folder.names().is_empty());
    folder.refuses(
        "mrr --database-url mysql://anna:secret@localhost/books",
        "error: mysql is no kind of database that is known: give a file name, sqlite:FILE or \
         postgres://USER@HOST/DATABASE\n",
    );
    folder.write("empty.db", "");
    folder.refuses("mrr --database-url empty.db", "error: empty.db is not a store of deltabook\n");
    folder.write("notes.txt", "not a database, but long enough to be looked at as one");
    for (command, named) in [
        ("mrr --database-url notes.txt", "error: cannot open the store notes.txt: "),
        // A port that cannot be listened on.
        (
            "mrr --database-url postgres://anna:secret@127.0.0.1:1/books",
            "error: cannot open the store postgres://127.0.0.1:1/books: ",
        ),
        ("mrr --server http://127.0.0.1:0", "error: cannot reach the server at http://127.0.0.1:0: "),
        ("mrr --server nonsense", "error: cannot reach the server at nonsense: "),
        ("import no.jsonl", "error: failed to open no.jsonl: "),
    ] {
        let output = folder.run(command);
        assert!(output.stderr.starts_with(named), "{}", output.stderr);
        assert_eq!((output.stdout.as_str(), output.code), ("", Some(1)), "{command}");
    }
}

#[test]
fn relay_command_does_not_print_inline_secrets() {
    let folder = tempfile::tempdir().unwrap();
    let config = folder.path().join("deltabook.toml");
    let output = |text: &str| {
        std::fs::write(&config, text).unwrap();
        let relay = std::process::Command::new(env!("CARGO_BIN_EXE_deltabook"))
            .args(["relay", "--config"])
            .arg(&config)
            .current_dir(folder.path())
            .output()
            .unwrap();
        assert!(!relay.status.success());
        String::from_utf8(relay.stderr).unwrap()
    };
    let inline = output("[sinks.a]\nkind = \"segment\"\nwrite_key = \"CANARY\"\n");
    assert!(inline.contains("sink a: write_key: a secret is kept elsewhere"), "{inline}");
    let torn = output("[sinks.a]\nkind = \"segment\"\nwrite_key = \"CANARY\n");
    assert!(torn.contains("line 3"), "{torn}");
    let list = output("[sinks.a]\nkind = \"webhook\"\nurl = \"https://example.com\"\nsecrets = [\"CANARY\"]\n");
    assert!(list.contains("secrets"), "{list}");
    for text in [inline, torn, list] {
        assert!(!text.contains("CANARY"), "{text}");
    }
}
