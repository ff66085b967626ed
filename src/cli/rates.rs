//! `deltabook rates`: exchange rates, by which reports convert.

use std::collections::HashMap;
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand};
use deltabook::codec::rate::{RawRate, exchange_rate};
use deltabook::codec::validation::Form;
use deltabook::domain::ids::RateSet;
use deltabook::grpc::v1;
use tonic::{Code, Status};
use tonic_types::StatusExt;

use crate::cli::shared::csv_reader::{Kind, each_row};
use crate::cli::shared::diagnostics::Problems;
use crate::cli::shared::output::note;
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{Answer, AnswerFormat, Whom, text, told, value};

/// Import exchange rates, and list them
#[derive(Debug, Args)]
#[command(after_help = "\
The columns of a file are date, from, to, rate: what one unit of `from` is worth in `to`, from the date on until the set has a
later rate for the two. All of a file is imported, or nothing. A rate is never changed: the same again changes nothing, and a
correction is another set.

Examples:
  deltabook rates import ecb-2026.csv --set ECB
  deltabook rates list
  deltabook rates list --set ECB
  deltabook waterfall --year 2026 --in EUR --rates ECB
  deltabook waterfall --year 2026 --in EUR --rates ECB --rate-date 2026-01-01")]
pub struct RatesArgs {
    #[command(subcommand)]
    what: What,
}

#[derive(Debug, Subcommand)]
enum What {
    /// Add the rates of a CSV file to a set
    Import {
        #[command(flatten)]
        whom: Whom,

        /// The rates, as CSV; at most 50,000
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// The set, which begins with its first rate
        #[arg(long, value_name = "NAME", value_parser = RateSet::parse)]
        set: RateSet,
    },
    /// List the sets, or the rates of one
    List {
        #[command(flatten)]
        whom: Whom,

        #[arg(long, value_enum, default_value_t = AnswerFormat::Table)]
        format: AnswerFormat,

        /// The rates of this set
        #[arg(long, value_name = "NAME", value_parser = RateSet::parse)]
        set: Option<RateSet>,
    },
}

pub async fn run(args: RatesArgs) -> anyhow::Result<ExitCode> {
    match args.what {
        What::Import { whom, file, set } => return import(&whom, &file, &set).await,
        What::List { whom, format, set: None } => sets(&whom).await?.write(format, sets_table)?,
        What::List { whom, format, set: Some(set) } => rates(&whom, &set).await?.write(format, rates_table)?,
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(whom: &Whom, file: &Path, set: &RateSet) -> anyhow::Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {name}"))?;
    let mut problems = Problems::of(&name);
    let (lines, rates): (Vec<u64>, Vec<v1::ExchangeRate>) = read(&bytes, &mut problems).into_iter().unzip();
    if problems.is_empty() {
        let request = v1::ImportExchangeRatesRequest { rate_set: set.to_string(), rates };
        whom.make_store().await?;
        match whom.admin().await?.import_exchange_rates(request).await {
            Ok(answer) => {
                let done = answer.into_inner();
                note(&format!("{} rates added to {set}, {} unchanged", done.added_count, done.unchanged_count));
                return Ok(ExitCode::SUCCESS);
            }
            Err(status) => add(&mut problems, &lines, &status)?,
        }
    }
    let plural = if problems.count() == 1 { "" } else { "s" };
    let count = format!("{} problem{plural}: nothing is imported", problems.count());
    problems.report();
    note(&count);
    Ok(ExitCode::FAILURE)
}

const RATES: Kind =
    Kind { name: "exchange rates", columns: &[("date", false), ("from", false), ("to", false), ("rate", false)] };

/// Every rate with its line; what is wrong goes to the problems.
fn read(bytes: &[u8], problems: &mut Problems) -> Vec<(u64, v1::ExchangeRate)> {
    let mut rates = Vec::new();
    let mut heard: HashMap<[String; 3], (u64, String)> = HashMap::new();
    each_row(bytes, &RATES, problems, |line, row, problems| {
        let [date, from_currency, to_currency, rate] = ["date", "from", "to", "rate"].map(|column| row.text(column));
        let mut form = Form::at("");
        let read = exchange_rate(&mut form, RawRate { date, from_currency, to_currency, rate });
        match form.finish(read) {
            Ok(read) => {
                let (key, rate) = ([date, from_currency, to_currency].map(str::to_owned), read.rate.to_string());
                let earlier = heard.insert(key, (line, rate.clone()));
                if let Some((earlier, _)) = earlier.filter(|(_, earlier)| *earlier != rate) {
                    problems.add(line, "rate", format!("is another one than that of line {earlier}"));
                }
            }
            Err(violations) => violations.iter().for_each(|it| problems.add(line, column(&it.field), &it.description)),
        }
        let [date, from_currency, to_currency, rate] = [date, from_currency, to_currency, rate].map(str::to_owned);
        rates.push((line, v1::ExchangeRate { date, from_currency, to_currency, rate }));
    });
    rates
}

/// The column of a field.
fn column(field: &str) -> &str {
    field.strip_suffix("_currency").unwrap_or(field)
}

/// What the service says of the rows; other trouble is an error.
fn add(problems: &mut Problems, lines: &[u64], status: &Status) -> anyhow::Result<()> {
    let said: Vec<(String, String)> = match status.code() {
        Code::AlreadyExists => {
            let violations = status.get_details_precondition_failure().map(|it| it.violations).unwrap_or_default();
            violations.into_iter().map(|it| (it.subject, it.description)).collect()
        }
        Code::InvalidArgument => {
            let violations = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
            violations.into_iter().map(|it| (it.field, it.description)).collect()
        }
        _ => Vec::new(),
    };
    if said.is_empty() {
        return Err(told(status.clone()));
    }
    for (path, description) in said {
        let index = path.strip_prefix("rates[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        let line = index.and_then(|index| lines.get(index)).copied();
        problems.add(line.unwrap_or(1), "", description);
    }
    Ok(())
}

async fn sets(whom: &Whom) -> anyhow::Result<Answer<4>> {
    let mut administration = whom.admin().await?;
    let mut request = v1::ListRateSetsRequest { page_size: 1_000, page_token: String::new() };
    let mut rows = Vec::new();
    loop {
        let page = administration.list_rate_sets(request.clone()).await.map_err(told)?.into_inner();
        let row =
            |it: &v1::RateSet| [value(&it.name), it.rate_count.into(), value(&it.first_date), value(&it.last_date)];
        rows.extend(page.rate_sets.iter().map(row));
        if page.next_page_token.is_empty() {
            return Ok(Answer { names: ["rate_set", "rates", "first_date", "last_date"], rows });
        }
        request.page_token = page.next_page_token;
    }
}

fn sets_table(answer: &Answer<4>) -> Table {
    let mut table = Table::new([left("set"), right("rates"), left("from"), left("to")]);
    for row in &answer.rows {
        table.row(row.each_ref().map(text));
    }
    table
}

async fn rates(whom: &Whom, set: &RateSet) -> anyhow::Result<Answer<4>> {
    let mut administration = whom.admin().await?;
    let rate_set = set.to_string();
    let mut request = v1::ListExchangeRatesRequest { rate_set, page_size: 1_000, ..Default::default() };
    let mut rows = Vec::new();
    loop {
        let page = administration.list_exchange_rates(request.clone()).await.map_err(told)?.into_inner();
        let row = |it: &v1::ExchangeRate| {
            [value(&it.date), value(&it.from_currency), value(&it.to_currency), value(&it.rate)]
        };
        rows.extend(page.rates.iter().map(row));
        if page.next_page_token.is_empty() {
            return Ok(Answer { names: ["date", "from", "to", "rate"], rows });
        }
        request.page_token = page.next_page_token;
    }
}

fn rates_table(answer: &Answer<4>) -> Table {
    let mut table = Table::new([left("date"), left("from"), left("to"), right("rate")]);
    for row in &answer.rows {
        table.row(row.each_ref().map(text));
    }
    table
}
