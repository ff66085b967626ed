//! `deltabook export`: writes reports as files.

use std::io::{self, Write};
use std::path::{Path, PathBuf};
use std::process::ExitCode;

use anyhow::Context;
use clap::{Args, Subcommand, ValueEnum};
use deltabook::codec::month::Month;
use deltabook::grpc::v1;
use tempfile::NamedTempFile;
use tokio_stream::StreamExt;
use tonic::Streaming;

use crate::cli::shared::conversion::ConversionArgs;
use crate::cli::shared::movement_filter::FilterArgs;
use crate::cli::shared::output::to_stdout;
use crate::cli::shared::target::{LevelArg, Target, ViewArgs, currency_option, id_option, month_option, status_error};

/// Export movements and reports as CSV or Parquet files
#[derive(Debug, Args)]
#[command(after_help = "\
A file is a consistent snapshot of the journal. Its size is not limited by memory.

Examples:
  deltabook export mrr --from 2026-01 --to 2026-12 --output mrr.csv
  deltabook export movements --output journal.parquet
  deltabook export waterfall --from 2026-01 --to 2026-12 --restated
  deltabook export waterfall --from 2026-01 --to 2026-12 --in EUR --rates ECB
  deltabook export movements > journal.csv
  deltabook export movements --level customer --posted-from 2026-01-01 --output journal.csv")]
pub struct ExportArgs {
    #[command(subcommand)]
    command: ExportCommand,
}

#[derive(Debug, Subcommand)]
enum ExportCommand {
    Movements(MovementsArgs),
    /// MRR and ARR of each customer at the end of each month
    Mrr(ReportArgs),
    /// The MRR roll-forward: opening to closing, one row per month and currency
    Waterfall(ReportArgs),
}

/// The journal, one row per movement and one column per field
#[derive(Debug, Args)]
struct MovementsArgs {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    file: FileArgs,

    #[command(flatten)]
    filter: FilterArgs,

    /// Order by effective date [default: order of recording]
    #[arg(long)]
    by_date: bool,

    /// Order by posting date
    #[arg(long, conflicts_with = "by_date")]
    by_posting_date: bool,
}

/// A report over a range of months.
#[derive(Debug, Args)]
struct ReportArgs {
    #[command(flatten)]
    target: Target,

    #[command(flatten)]
    file: FileArgs,

    /// First month, YYYY-MM
    #[arg(long, value_name = "MONTH", value_parser = month_option)]
    from: Month,

    /// Last month, YYYY-MM
    #[arg(long, value_name = "MONTH", value_parser = month_option)]
    to: Month,

    /// Level of the movements
    #[arg(long, value_enum, default_value_t = LevelArg::Customer)]
    level: LevelArg,

    /// Only this currency
    #[arg(long, value_name = "CODE", value_parser = currency_option)]
    currency: Option<String>,

    /// Only this customer
    #[arg(long, value_name = "ID", value_parser = id_option)]
    customer: Option<String>,

    #[command(flatten)]
    view: ViewArgs,

    #[command(flatten)]
    conversion: ConversionArgs,
}

impl ReportArgs {
    fn to_wire(&self) -> v1::ExportReportRequest {
        v1::ExportReportRequest {
            from_month: self.from.to_string(),
            to_month: self.to.to_string(),
            level: self.level.to_wire(),
            currency: self.currency.clone().unwrap_or_default(),
            customer_id: self.customer.clone().unwrap_or_default(),
            view: self.view.view(),
            as_known_at: self.view.as_known_at(),
            format: self.file.format().to_wire(),
            conversion: self.conversion.to_wire(),
        }
    }
}

/// The output file.
#[derive(Debug, Args)]
struct FileArgs {
    /// File format [default: from the extension of --output, else csv]
    #[arg(long, value_enum)]
    format: Option<FormatArg>,

    /// Output file, created once it is complete [default: stdout]
    #[arg(long, value_name = "FILE")]
    output: Option<PathBuf>,
}

#[derive(Debug, Clone, Copy, PartialEq, Eq, ValueEnum)]
enum FormatArg {
    /// CSV with a header
    Csv,
    /// Apache Parquet: columns with types, amounts as exact decimals
    Parquet,
}

impl FormatArg {
    fn to_wire(self) -> i32 {
        let format = match self {
            Self::Csv => v1::ExportFormat::Csv,
            Self::Parquet => v1::ExportFormat::Parquet,
        };
        format.into()
    }
}

pub async fn run(args: ExportArgs) -> anyhow::Result<ExitCode> {
    match args.command {
        ExportCommand::Movements(args) => movements(args).await?,
        ExportCommand::Mrr(args) => {
            let pieces =
                args.target.movements().await?.export_mrr(args.to_wire()).await.map_err(status_error)?.into_inner();
            args.file.write(pieces).await?;
        }
        ExportCommand::Waterfall(args) => {
            let pieces = args
                .target
                .movements()
                .await?
                .export_waterfall(args.to_wire())
                .await
                .map_err(status_error)?
                .into_inner();
            args.file.write(pieces).await?;
        }
    }
    Ok(ExitCode::SUCCESS)
}

async fn movements(args: MovementsArgs) -> anyhow::Result<()> {
    let order = match (args.by_date, args.by_posting_date) {
        (true, _) => v1::MovementOrder::EffectiveDate,
        (false, true) => v1::MovementOrder::PostingDate,
        (false, false) => v1::MovementOrder::Journal,
    };
    let request = v1::ExportMovementsRequest {
        filter: Some(args.filter.to_wire()),
        order_by: order.into(),
        format: args.file.format().to_wire(),
        filter_expression: args.filter.expression(),
    };
    let pieces = args.target.movements().await?.export_movements(request).await.map_err(status_error)?.into_inner();
    args.file.write(pieces).await
}

impl FileArgs {
    fn format(&self) -> FormatArg {
        let ending = self.output.as_deref().and_then(Path::extension);
        let by_name = if ending.is_some_and(|it| it == "parquet") { FormatArg::Parquet } else { FormatArg::Csv };
        self.format.unwrap_or(by_name)
    }

    async fn write(&self, pieces: Streaming<v1::ExportChunk>) -> anyhow::Result<()> {
        match &self.output {
            Some(path) => to_file(path, pieces).await,
            None => to_pipe(pieces).await,
        }
    }
}

async fn to_pipe(mut pieces: Streaming<v1::ExportChunk>) -> anyhow::Result<()> {
    while let Some(piece) = pieces.next().await {
        let data = piece.map_err(status_error)?.data;
        to_stdout(|out| out.write_all(&data))?;
    }
    Ok(())
}

/// Writes a temporary file and renames it, so that no partial file has the final name.
async fn to_file(path: &Path, mut pieces: Streaming<v1::ExportChunk>) -> anyhow::Result<()> {
    let cannot = || format!("cannot write {}", path.display());
    let folder = path.parent().filter(|folder| !folder.as_os_str().is_empty()).unwrap_or(Path::new("."));
    let mut file = NamedTempFile::new_in(folder).with_context(cannot)?;
    while let Some(piece) = pieces.next().await {
        file.write_all(&piece.map_err(status_error)?.data).with_context(cannot)?;
    }
    file.as_file().sync_all().with_context(cannot)?;
    file.persist(path).map_err(io::Error::from).with_context(cannot)?;
    Ok(())
}
