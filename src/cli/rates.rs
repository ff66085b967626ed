//! `deltabook rates`: imports and lists exchange rates.

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

use crate::cli::shared::csv_reader::{CsvSchema, read_rows};
use crate::cli::shared::diagnostics::Diagnostics;
use crate::cli::shared::output::note;
use crate::cli::shared::table::{Table, left, right};
use crate::cli::shared::target::{OutputFormat, Records, Target, status_error, text, value};

/// Import and list exchange rates
#[derive(Debug, Args)]
#[command(after_help = "\
The columns of a file are date, from, to and rate: the value of one unit of `from` in `to`, valid from the date until the next
rate of the pair. A file is imported completely or not at all. Rates are immutable: importing the same rate again has no
effect, and a correction requires a new set.

Examples:
  deltabook rates import ecb-2026.csv --set ECB
  deltabook rates list
  deltabook rates list --set ECB
  deltabook waterfall --year 2026 --in EUR --rates ECB
  deltabook waterfall --year 2026 --in EUR --rates ECB --rate-date 2026-01-01")]
pub struct RatesArgs {
    #[command(subcommand)]
    command: RatesCommand,
}

#[derive(Debug, Subcommand)]
enum RatesCommand {
    /// Import the rates of a CSV file into a set
    Import {
        #[command(flatten)]
        target: Target,

        /// CSV file with at most 50,000 rates
        #[arg(value_name = "FILE")]
        file: PathBuf,

        /// Name of the set; created by its first rate
        #[arg(long, value_name = "NAME", value_parser = RateSet::parse)]
        set: RateSet,
    },
    /// List rate sets, or the rates of one
    List {
        #[command(flatten)]
        target: Target,

        /// Output format

        #[arg(long, value_enum, default_value_t = OutputFormat::Table)]
        format: OutputFormat,

        /// List the rates of this set
        #[arg(long, value_name = "NAME", value_parser = RateSet::parse)]
        set: Option<RateSet>,
    },
}

pub async fn run(args: RatesArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        RatesCommand::Import { target, file, set } => return import(&target, &file, &set).await,
        RatesCommand::List { target, format, set: None } => {
            sets(&target).await?.write(format, |records| Ok(sets_table(records)))?;
        }
        RatesCommand::List { target, format, set: Some(set) } => {
            rates(&target, &set).await?.write(format, |records| Ok(rates_table(records)))?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn import(target: &Target, file: &Path, set: &RateSet) -> anyhow::Result<ExitCode> {
    let name = file.display().to_string();
    let bytes = std::fs::read(file).with_context(|| format!("failed to read {name}"))?;
    let mut diagnostics = Diagnostics::of(&name);
    let (lines, rates): (Vec<u64>, Vec<v1::ExchangeRate>) = read(&bytes, &mut diagnostics).into_iter().unzip();
    if diagnostics.is_empty() {
        let request = v1::ImportExchangeRatesRequest { rate_set: set.to_string(), rates };
        target.create_store().await?;
        match target.admin().await?.import_exchange_rates(request).await {
            Ok(answer) => {
                let done = answer.into_inner();
                note(&format!("{} rates added to {set}, {} unchanged", done.added_count, done.unchanged_count));
                return Ok(ExitCode::SUCCESS);
            }
            Err(status) => add_violations(&mut diagnostics, &lines, &status)?,
        }
    }
    let plural = if diagnostics.count() == 1 { "" } else { "s" };
    let count = format!("{} error{plural}: nothing was imported", diagnostics.count());
    diagnostics.report();
    note(&count);
    Ok(ExitCode::FAILURE)
}

const RATES: CsvSchema =
    CsvSchema { name: "exchange rates", columns: &[("date", false), ("from", false), ("to", false), ("rate", false)] };

/// The rates with their line numbers; errors are added to the diagnostics.
fn read(bytes: &[u8], diagnostics: &mut Diagnostics) -> Vec<(u64, v1::ExchangeRate)> {
    let mut rates = Vec::new();
    let mut lines_by_key: HashMap<[String; 3], (u64, String)> = HashMap::new();
    read_rows(bytes, &RATES, diagnostics, |line, row, diagnostics| {
        let [date, from_currency, to_currency, rate] = ["date", "from", "to", "rate"].map(|column| row.text(column));
        let mut form = Form::at("");
        let read = exchange_rate(&mut form, RawRate { date, from_currency, to_currency, rate });
        match form.finish(read) {
            Ok(read) => {
                let (key, rate) = ([date, from_currency, to_currency].map(str::to_owned), read.rate.to_string());
                let earlier = lines_by_key.insert(key, (line, rate.clone()));
                if let Some((earlier, _)) = earlier.filter(|(_, earlier)| *earlier != rate) {
                    diagnostics.add(line, "rate", format!("differs from the rate on line {earlier}"));
                }
            }
            Err(violations) => {
                violations.iter().for_each(|it| diagnostics.add(line, column(&it.field), &it.description));
            }
        }
        let [date, from_currency, to_currency, rate] = [date, from_currency, to_currency, rate].map(str::to_owned);
        rates.push((line, v1::ExchangeRate { date, from_currency, to_currency, rate }));
    });
    rates
}

/// The CSV column of a field.
fn column(field: &str) -> &str {
    field.strip_suffix("_currency").unwrap_or(field)
}

/// Adds the violations of a status to the diagnostics; a status without any is an error.
fn add_violations(diagnostics: &mut Diagnostics, lines: &[u64], status: &Status) -> anyhow::Result<()> {
    let violations: Vec<(String, String)> = match status.code() {
        Code::AlreadyExists => {
            let details = status.get_details_precondition_failure().map(|it| it.violations).unwrap_or_default();
            details.into_iter().map(|it| (it.subject, it.description)).collect()
        }
        Code::InvalidArgument => {
            let details = status.get_details_bad_request().map(|it| it.field_violations).unwrap_or_default();
            details.into_iter().map(|it| (it.field, it.description)).collect()
        }
        _ => Vec::new(),
    };
    if violations.is_empty() {
        return Err(status_error(status.clone()));
    }
    for (path, description) in violations {
        let index = path.strip_prefix("rates[").and_then(|rest| rest.split(']').next()?.parse::<usize>().ok());
        let line = index.and_then(|index| lines.get(index)).copied();
        diagnostics.add(line.unwrap_or(1), "", description);
    }
    Ok(())
}

async fn sets(target: &Target) -> anyhow::Result<Records<4>> {
    let mut administration = target.admin().await?;
    let mut request = v1::ListRateSetsRequest { page_size: 1_000, page_token: String::new() };
    let mut rows = Vec::new();
    loop {
        let page = administration.list_rate_sets(request.clone()).await.map_err(status_error)?.into_inner();
        let row =
            |it: &v1::RateSet| [value(&it.name), it.rate_count.into(), value(&it.first_date), value(&it.last_date)];
        rows.extend(page.rate_sets.iter().map(row));
        if page.next_page_token.is_empty() {
            return Ok(Records { names: ["rate_set", "rates", "first_date", "last_date"], rows });
        }
        request.page_token = page.next_page_token;
    }
}

fn sets_table(records: &Records<4>) -> Table {
    let mut table = Table::new([left("set"), right("rates"), left("from"), left("to")]);
    for row in &records.rows {
        table.row(row.each_ref().map(text));
    }
    table
}

async fn rates(target: &Target, set: &RateSet) -> anyhow::Result<Records<4>> {
    let mut administration = target.admin().await?;
    let rate_set = set.to_string();
    let mut request = v1::ListExchangeRatesRequest { rate_set, page_size: 1_000, ..Default::default() };
    let mut rows = Vec::new();
    loop {
        let page = administration.list_exchange_rates(request.clone()).await.map_err(status_error)?.into_inner();
        let row = |it: &v1::ExchangeRate| {
            [value(&it.date), value(&it.from_currency), value(&it.to_currency), value(&it.rate)]
        };
        rows.extend(page.rates.iter().map(row));
        if page.next_page_token.is_empty() {
            return Ok(Records { names: ["date", "from", "to", "rate"], rows });
        }
        request.page_token = page.next_page_token;
    }
}

fn rates_table(records: &Records<4>) -> Table {
    let mut table = Table::new([left("date"), left("from"), left("to"), right("rate")]);
    for row in &records.rows {
        table.row(row.each_ref().map(text));
    }
    table
}
