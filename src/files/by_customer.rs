//! Facts by customer: one customer after the other in the order of their ids, each with all its facts.
//!
//! Memory is bounded whatever the size of the inputs. Pieces are decoded on all cores, and the worker that decodes a
//! piece also processes its customers, except the first and the last, whose facts may continue in a neighbouring piece.
//! This needs inputs that are sorted by customer; an input that turns out not to be sorted is read again, and sorted.

use std::io;
use std::ops::ControlFlow::{Break, Continue};

pub use crate::files::customer_batch::{Customer, LocatedFact, LocatedViolation};
use crate::files::external_sort::{RUN_BYTES, Record, Sorted, read_records, sort};
use crate::files::group_by_customer::{CustomerGrouping, FoldAssembly, OutOfOrder};
use crate::files::input::{Input, InputError, Layout, Piece};
use crate::files::parallel_map::map_in_order;
pub use crate::files::source::Source;

/// A fold over customers: mapped on any thread, combined in the order of their ids.
pub trait CustomerFold: Sync {
    /// The result of some neighbouring customers.
    type Part: Default + Send;
    /// The result of all customers.
    type Whole;

    /// Starts with no parts. The result of inputs that turn out to need sorting is dropped.
    fn begin(&self) -> Self::Whole;
    /// Processes all facts of one customer; called on any thread.
    ///
    /// # Errors
    /// Violations among the facts.
    fn customer(&self, facts: Vec<LocatedFact>, part: &mut Self::Part) -> Result<(), Vec<LocatedViolation>>;
    /// Adds a part, after those of all customers before it.
    ///
    /// # Errors
    /// A failure that ends the fold.
    fn add(&self, whole: &mut Self::Whole, part: Self::Part) -> io::Result<()>;
    /// Reports a violation. The customer comes without that fact, or not at all.
    fn problem(&self, whole: &mut Self::Whole, problem: LocatedViolation);
}

/// Failure to read the inputs to their end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input, by its place among them.
    #[error("{1}")]
    Input(usize, #[source] InputError),
    /// A temporary file, or the fold's own failure.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Folds all facts by customer.
///
/// # Errors
/// An input cannot be read, a temporary file cannot be written, or the fold fails.
pub fn by_customer<B: CustomerFold>(sources: &mut [Source], customer_fold: &B) -> Result<B::Whole, ReadError> {
    fold_in_runs(RUN_BYTES, sources, customer_fold)
}

/// Folds inputs whose order a [prescan](crate::files::prescan) has found, so that none is read twice in vain.
///
/// # Errors
/// As [`by_customer`]; and inputs that changed since.
pub fn by_customer_as<B: CustomerFold>(
    is_sorted: bool,
    sources: &mut [Source],
    customer_fold: &B,
) -> Result<B::Whole, ReadError> {
    if !is_sorted {
        return fold_sorted_runs(RUN_BYTES, sources, customer_fold);
    }
    let changed = |OutOfOrder| io::Error::other("the input has changed while it was read").into();
    fold_presorted(sources, customer_fold)?.map_err(changed)
}

fn fold_in_runs<B: CustomerFold>(
    run_bytes: usize,
    sources: &mut [Source],
    customer_fold: &B,
) -> Result<B::Whole, ReadError> {
    if let Ok(whole) = fold_presorted(sources, customer_fold)? {
        return Ok(whole);
    }
    rewind(sources)?;
    fold_sorted_runs(run_bytes, sources, customer_fold)
}

fn fold_presorted<B: CustomerFold>(
    sources: &mut [Source],
    customer_fold: &B,
) -> Result<Result<B::Whole, OutOfOrder>, ReadError> {
    let (layouts, pieces) = open(sources)?;
    let pieces = pieces.map(|piece| piece.map(|(file, piece)| Work::Piece(file, piece)));
    fold(&layouts, pieces, vec![], customer_fold)
}

pub(super) fn rewind(sources: &mut [Source]) -> Result<(), ReadError> {
    for (file, source) in sources.iter_mut().enumerate() {
        source.rewind().map_err(|error| ReadError::Input(file, error.into()))?;
    }
    Ok(())
}

fn fold_sorted_runs<B: CustomerFold>(
    run_bytes: usize,
    sources: &mut [Source],
    customer_fold: &B,
) -> Result<B::Whole, ReadError> {
    let (layouts, pieces) = open(sources)?;
    let Sorted { records, problems } = sort(&layouts, pieces, run_bytes)?;
    let pieces = records.map(|records| Ok(Work::Records(records?)));
    let whole = fold(&layouts, pieces, problems, customer_fold)?;
    whole.map_err(|OutOfOrder| io::Error::other("sorted facts are not in order").into())
}

/// Input of a worker.
enum Work {
    Piece(usize, Piece),
    Records(Vec<Record>),
}

/// A piece of an input.
pub(super) type PieceOf = Result<(usize, Piece), ReadError>;

/// Opens all inputs, which are read one after the other.
pub(super) fn open(sources: &mut [Source]) -> Result<(Vec<Layout>, impl Iterator<Item = PieceOf> + Send), ReadError> {
    let (mut layouts, mut all) = (Vec::new(), Vec::new());
    for (file, source) in sources.iter_mut().enumerate() {
        let Input { layout, pieces } = source.open().map_err(|error| ReadError::Input(file, error))?;
        layouts.push(layout);
        all.push(pieces.map(move |piece| match piece {
            Ok(piece) => Ok((file, piece)),
            Err(error) => Err(ReadError::Input(file, error.into())),
        }));
    }
    Ok((layouts, all.into_iter().flatten()))
}

fn fold<B: CustomerFold>(
    layouts: &[Layout],
    pieces: impl Iterator<Item = Result<Work, ReadError>> + Send,
    problems: Vec<LocatedViolation>,
    customer_fold: &B,
) -> Result<Result<B::Whole, OutOfOrder>, ReadError> {
    let group = |piece: Result<Work, ReadError>| {
        let mut grouping = CustomerGrouping::new(customer_fold);
        match piece? {
            Work::Records(records) => read_records(layouts, records, |file, parsed| grouping.take(file, parsed)),
            Work::Piece(file, piece) => {
                if let Some(layout) = layouts.get(file) {
                    layout.read(piece, |parsed| grouping.take(file, parsed));
                }
            }
        }
        Ok(grouping.finish())
    };
    let mut assembly = FoldAssembly::new(customer_fold, problems);
    let mut ended = Ok(Ok(()));
    map_in_order(pieces, group, |grouped: Result<_, ReadError>| {
        ended = grouped.and_then(|grouped| Ok(assembly.take(grouped)?));
        if matches!(ended, Ok(Ok(()))) { Continue(()) } else { Break(()) }
    });
    match ended? {
        Ok(()) => Ok(Ok(assembly.finish()?)),
        Err(OutOfOrder) => Ok(Err(OutOfOrder)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::facts::fact::FactKey;

    /// Collects the customers with the lines of their facts, and the lines with violations.
    struct Lines;

    type Customers = Vec<(String, Vec<u64>)>;

    impl CustomerFold for Lines {
        type Part = Customers;
        type Whole = (Customers, Vec<u64>);

        fn begin(&self) -> Self::Whole {
            Self::Whole::default()
        }

        fn customer(&self, facts: Vec<LocatedFact>, part: &mut Customers) -> Result<(), Vec<LocatedViolation>> {
            let Some(customer) = Customer::of(facts)? else { return Ok(()) };
            let keys = customer.facts.charges.keys().map(|id| FactKey::Charge(id.clone()));
            let lines = keys.map(|key| customer.place(&key).unwrap().1.line).collect();
            part.push((customer.customer_id.to_string(), lines));
            Ok(())
        }

        fn add(&self, whole: &mut Self::Whole, part: Customers) -> io::Result<()> {
            whole.0.extend(part);
            Ok(())
        }

        fn problem(&self, whole: &mut Self::Whole, problem: LocatedViolation) {
            whole.1.push(problem.line);
        }
    }

    fn read(run_bytes: usize, texts: &[&str]) -> (Customers, Vec<u64>) {
        let source = |text: &&str| Source::pipe(Cursor::new(text.as_bytes().to_vec()), None);
        let mut sources: Vec<Source> = texts.iter().map(source).collect();
        fold_in_runs(run_bytes, &mut sources, &Lines).unwrap()
    }

    fn charge(customer: usize, id: u64) -> String {
        format!(
            "{{\"charge\": {{\"customer_id\": \"c{customer:03}\", \"charge_id\": \"{id:05}\", \"status\": \"FAILED\", \
             \"amount\": \"1\", \"currency\": \"USD\", \"occurred_at\": \"2026-01-01T00:00:00Z\"}}}}"
        )
    }

    #[test]
    fn however_little_is_sorted_at_once_the_customers_are_the_same() {
        let charges: Vec<String> =
            (1..=5_000).map(|line| charge(usize::try_from(line * 7_919 % 97).unwrap(), line)).collect();
        let text = charges.join("\n") + "\n{}\n";
        let (customers, wrong) = read(usize::MAX, &[&text]);
        assert_eq!((customers.len(), wrong.as_slice()), (97, &[5_001][..]));
        for (position, (customer, lines)) in customers.iter().enumerate() {
            assert_eq!(*customer, format!("c{position:03}"));
            let own = (1..=5_000).filter(|line| usize::try_from(line * 7_919 % 97).unwrap() == position);
            assert_eq!(*lines, own.collect::<Vec<u64>>());
        }
        for run_bytes in [1_000, 100_000] {
            assert!(read(run_bytes, &[&text]) == (customers.clone(), wrong.clone()));
        }
    }

    #[test]
    fn several_inputs_make_one_book() {
        let first = [charge(2, 1), charge(2, 2), charge(7, 3)].join("\n");
        let document = "{\"charges\": [\n".to_owned()
            + &charge(2, 9).replace("{\"charge\": ", "").replace("}}", "}")
            + ",\n"
            + &charge(1, 8).replace("{\"charge\": ", "").replace("}}", "}")
            + "]}";
        let customers = |customers: &[(&str, &[u64])]| {
            customers.iter().map(|(id, lines)| ((*id).to_owned(), lines.to_vec())).collect::<Customers>()
        };
        let expected = customers(&[("c001", &[3]), ("c002", &[1, 2, 2]), ("c007", &[3])]);
        assert_eq!(read(RUN_BYTES, &[&first, &document]), (expected, vec![]));
        let expected = customers(&[("c002", &[1, 2]), ("c007", &[3, 1])]);
        assert_eq!(read(RUN_BYTES, &[&first, &charge(7, 4)]), (expected, vec![]));
    }
}
