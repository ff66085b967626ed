//! Duration of `deltabook classify` for whole books: 3,000,000 subscription lines of 1,000,000 customers, in CSV and
//! in JSON Lines, sorted by customer, and as CSV in an order that needs a sort first.
//!
//! Run with `cargo bench --bench whole_books`; a number after `--` sets the number of customers. The books
//! are generated in a temporary folder, identical at every run. The baseline of each run is one thread that reads the
//! same file and splits it into lines, so that the ratio transfers to other machines.

#![expect(clippy::unwrap_used, reason = "a benchmark fails by panicking")]

use std::fs::{self, File};
use std::io::{BufRead, BufReader, BufWriter, Write};
use std::path::Path;
use std::process::{Child, Command, Stdio};
use std::thread;
use std::time::{Duration, Instant};

use chrono::{Days, NaiveDate};

const CUSTOMERS: u64 = 1_000_000;
const RUNS: usize = 5;

fn main() {
    let given = std::env::args().skip(1).find_map(|argument| argument.parse().ok());
    let customers: u64 = given.unwrap_or(CUSTOMERS);
    let folder = tempfile::tempdir().unwrap();
    let of = |name: &str| folder.path().join(name);
    write_book(&of("sorted.csv"), 0..customers, csv);
    write_book(&of("sorted.jsonl"), 0..customers, json);
    write_book(&of("unsorted.csv"), scattered(customers), csv);
    println!("{customers} customers, {} lines; {} cores", customers * 3, thread::available_parallelism().unwrap());
    for (name, format) in
        [("sorted.csv", "csv"), ("sorted.csv", "jsonl"), ("sorted.jsonl", "csv"), ("unsorted.csv", "csv")]
    {
        measure(&of(name), name, format);
    }
}

/// The customers in a scattered order: each is one large step after the previous one.
fn scattered(customers: u64) -> impl Iterator<Item = u64> {
    (0..customers).map(move |number| number * 7_919 % customers)
}

type Row = fn(&mut dyn Write, &Line);

/// A subscription line.
struct Line {
    customer: u64,
    number: u64,
    item: &'static str,
    start: NaiveDate,
    end: Option<NaiveDate>,
    quantity: u64,
    cents: u64,
}

fn write_book(path: &Path, customers: impl Iterator<Item = u64>, row: Row) {
    let mut out = BufWriter::new(File::create(path).unwrap());
    if path.extension().unwrap() == "csv" {
        let columns = "line_id,subscription_id,customer_id,item_id,charge_kind,currency,start_date,end_date";
        writeln!(out, "{columns},quantity,unit_price,interval").unwrap();
    }
    for line in customers.flat_map(|customer| (0..3).map(move |number| line(customer, number))) {
        row(&mut out, &line);
    }
    out.flush().unwrap();
}

/// Two lines of one subscription that begin together, and one line of another: for most customers on the same date, for
/// some later, and for a few with an end.
fn line(customer: u64, number: u64) -> Line {
    let plans = ["basic", "team", "business", "enterprise", "seats"];
    let signed = NaiveDate::from_ymd_opt(2020, 1, 1).unwrap() + Days::new(customer * 37 % 1_400);
    let is_later = number == 2 && customer % 10 < 2;
    let has_end = number == 2 && customer % 10 == 1;
    Line {
        customer,
        number,
        item: plans.get(usize::try_from(customer * 7 % 5).unwrap()).unwrap(),
        start: if is_later { signed + Days::new(200) } else { signed },
        end: has_end.then(|| signed + Days::new(900)),
        quantity: 1 + number + customer * 13 % 50,
        cents: 900 + customer * 1_117 % 9_000,
    }
}

fn csv(out: &mut dyn Write, line: &Line) {
    let Line { customer, number, item, start, end, quantity, cents } = line;
    let (end, subscription) = (end.map(|end| end.to_string()).unwrap_or_default(), number / 2);
    let price = format!("{}.{:02}", cents / 100, cents % 100);
    writeln!(
        out,
        "L{customer:07}-{number},S{customer:07}-{subscription},C{customer:07},{item},RECURRING,USD,{start},{end},\
         {quantity},{price},MONTH"
    )
    .unwrap();
}

fn json(out: &mut dyn Write, line: &Line) {
    let Line { customer, number, item, start, end, quantity, cents } = line;
    let (end, subscription) = (end.map(|end| format!("\"end_date\":\"{end}\",")).unwrap_or_default(), number / 2);
    let price = format!("{}.{:02}", cents / 100, cents % 100);
    writeln!(
        out,
        "{{\"subscription_line\":{{\"line_id\":\"L{customer:07}-{number}\",\
         \"subscription_id\":\"S{customer:07}-{subscription}\",\"customer_id\":\"C{customer:07}\",\
         \"item_id\":\"{item}\",\"charge_kind\":\"RECURRING\",\"currency\":\"USD\",\"start_date\":\"{start}\",{end}\
         \"price_steps\":[{{\"quantity\":\"{quantity}\",\"unit_price\":\"{price}\",\
         \"interval\":{{\"unit\":\"MONTH\",\"count\":1}}}}]}}}}"
    )
    .unwrap();
}

fn measure(book: &Path, name: &str, format: &str) {
    let movements = movements(book, format);
    let (mut seconds, mut core_seconds, mut yardstick, mut memory) = (Vec::new(), Vec::new(), Vec::new(), 0);
    for _ in 0..RUNS {
        yardstick.push(time(|| read_lines(book)));
        let start = Instant::now();
        let used = classify(book, format);
        seconds.push(start.elapsed());
        core_seconds.push(used.time);
        memory = memory.max(used.memory);
    }
    let (median, core_seconds, yardstick) = (median(seconds), median(core_seconds), median(yardstick));
    let ratio = median.as_millis() * 10 / yardstick.as_millis().max(1);
    println!(
        "{name} ({} MB) → {format}: median {} s ({} s of the cores), {movements} movements, at most {} MiB; reading its \
         lines alone: {} s; ratio {}.{}",
        fs::metadata(book).unwrap().len() / 1_000_000,
        shown(median),
        shown(core_seconds),
        memory / 1_024,
        shown(yardstick),
        ratio / 10,
        ratio % 10,
    );
}

fn shown(time: Duration) -> String {
    format!("{}.{:02}", time.as_secs(), time.subsec_millis() / 10)
}

fn time(work: impl FnOnce()) -> Duration {
    let start = Instant::now();
    work();
    start.elapsed()
}

fn median(mut times: Vec<Duration>) -> Duration {
    times.sort();
    *times.get(times.len() / 2).unwrap()
}

fn read_lines(book: &Path) {
    let mut input = BufReader::with_capacity(1 << 16, File::open(book).unwrap());
    let mut line = Vec::new();
    while input.read_until(b'\n', &mut line).unwrap() > 0 {
        line.clear();
    }
}

fn start(book: &Path, format: &str, stdout: Stdio) -> Child {
    Command::new(env!("CARGO_BIN_EXE_deltabook"))
        .args(["classify", "--format", format])
        .arg(book)
        .stdout(stdout)
        .spawn()
        .unwrap()
}

fn movements(book: &Path, format: &str) -> usize {
    let mut child = start(book, format, Stdio::piped());
    let header = usize::from(format == "csv");
    let rows = BufReader::new(child.stdout.take().unwrap()).split(b'\n').count() - header;
    assert!(child.wait().unwrap().success());
    rows
}

/// Resources used by a run.
#[derive(Default)]
struct Used {
    /// Processor time of all cores, which other programs disturb less than elapsed time.
    time: Duration,
    /// Peak resident memory, in KiB.
    memory: u64,
}

/// Classifies to `/dev/null`, and samples the resources of the process until its end.
fn classify(book: &Path, format: &str) -> Used {
    let mut child = start(book, format, Stdio::null());
    let process = child.id();
    let about = |file: &str| fs::read_to_string(format!("/proc/{process}/{file}")).unwrap_or_default();
    let mut used = Used::default();
    loop {
        let status = about("status");
        let peak = status.lines().find_map(|line| line.strip_prefix("VmHWM:")?.split_whitespace().next()?.parse().ok());
        used.memory = used.memory.max(peak.unwrap_or(0));
        // Fields 14 and 15, after a name in parentheses: user and system time, in hundredths of a second.
        let stat = about("stat");
        let fields = stat.rsplit(')').next().unwrap_or_default().split_whitespace();
        let hundredths: u64 = fields.skip(11).take(2).filter_map(|field| field.parse::<u64>().ok()).sum();
        used.time = used.time.max(Duration::from_millis(hundredths * 10));
        if let Some(status) = child.try_wait().unwrap() {
            assert!(status.success());
            return used;
        }
        thread::sleep(Duration::from_millis(20));
    }
}
