//! Facts by customer: one customer after the other in the order of their ids, each with all that is said of it.
//!
//! However large the inputs are, little of them is in memory. They are read in pieces, on all cores: who decodes a piece
//! also does what is to be done with its customers, but for the first and the last, which may go on in the piece before
//! or behind. That asks for inputs that are sorted by customer already. Whether they are turns out while they are read;
//! if not, they are read again, and sorted.

use std::io;
use std::ops::ControlFlow::{Break, Continue};

pub use crate::files::customer_batch::{Customer, Problem, Said};
use crate::files::external_sort::{RUN_BYTES, Record};
use crate::files::group_by_customer::{Gathering, OutOfOrder, Sequence};
use crate::files::input::{Input, InputError, Layout, Piece};
use crate::files::parallel_map::in_order;
use crate::files::sorted_input::{Sorted, read_records, sort};
pub use crate::files::source::Origin;

/// What is made of customers.
pub trait Book: Sync {
    /// What some neighbouring customers come to.
    type Part: Default + Send;
    /// What all of them come to.
    type Whole;

    /// A whole without parts. What was made of inputs that then turned out to need sorting is forgotten.
    fn begin(&self) -> Self::Whole;
    /// Takes in all that is said of a customer; on any thread.
    ///
    /// # Errors
    /// What is wrong with it.
    fn customer(&self, said: Vec<Said>, part: &mut Self::Part) -> Result<(), Vec<Problem>>;
    /// Takes in a part, after those of all customers before.
    ///
    /// # Errors
    /// What ends it all.
    fn add(&self, whole: &mut Self::Whole, part: Self::Part) -> io::Result<()>;
    /// Takes in what is wrong with a fact. Whoever it is about comes without the fact, or not at all.
    fn problem(&self, whole: &mut Self::Whole, problem: Problem);
}

/// Inputs that could not be read to their end.
#[derive(Debug, thiserror::Error)]
pub enum ReadError {
    /// The input, by its place among them.
    #[error("{1}")]
    Input(usize, #[source] InputError),
    /// A temporary file, or what the book does with its parts.
    #[error(transparent)]
    Io(#[from] io::Error),
}

/// Reads all facts and makes a whole of them.
///
/// # Errors
/// An input cannot be read, a temporary file cannot be written, or the book cannot take a part in.
pub fn by_customer<B: Book>(origins: &mut [Origin], book: &B) -> Result<B::Whole, ReadError> {
    in_runs_of(RUN_BYTES, origins, book)
}

/// Like [`by_customer`], for inputs of which is known whether they are sorted: nothing is read in vain.
///
/// # Errors
/// As above; and inputs that are not sorted after all.
pub fn by_customer_as<B: Book>(is_sorted: bool, origins: &mut [Origin], book: &B) -> Result<B::Whole, ReadError> {
    if !is_sorted {
        return sorting(RUN_BYTES, origins, book);
    }
    let changed = |OutOfOrder| io::Error::other("the input has changed while it was read").into();
    as_they_are(origins, book)?.map_err(changed)
}

fn in_runs_of<B: Book>(run_bytes: usize, origins: &mut [Origin], book: &B) -> Result<B::Whole, ReadError> {
    if let Ok(whole) = as_they_are(origins, book)? {
        return Ok(whole);
    }
    rewind(origins)?;
    sorting(run_bytes, origins, book)
}

fn as_they_are<B: Book>(origins: &mut [Origin], book: &B) -> Result<Result<B::Whole, OutOfOrder>, ReadError> {
    let (layouts, pieces) = open(origins)?;
    let pieces = pieces.map(|piece| piece.map(|(file, piece)| Work::Piece(file, piece)));
    make(&layouts, pieces, vec![], book)
}

pub(super) fn rewind(origins: &mut [Origin]) -> Result<(), ReadError> {
    for (file, origin) in origins.iter_mut().enumerate() {
        origin.rewind().map_err(|error| ReadError::Input(file, error.into()))?;
    }
    Ok(())
}

fn sorting<B: Book>(run_bytes: usize, origins: &mut [Origin], book: &B) -> Result<B::Whole, ReadError> {
    let (layouts, pieces) = open(origins)?;
    let Sorted { records, problems } = sort(&layouts, pieces, run_bytes)?;
    let pieces = records.map(|records| Ok(Work::Records(records?)));
    let whole = make(&layouts, pieces, problems, book)?;
    whole.map_err(|OutOfOrder| io::Error::other("sorted facts are not in order").into())
}

/// What a worker reads.
enum Work {
    Piece(usize, Piece),
    Records(Vec<Record>),
}

/// A piece of an input.
pub(super) type PieceOf = Result<(usize, Piece), ReadError>;

/// Begins to read all inputs; they are read one after the other.
pub(super) fn open(origins: &mut [Origin]) -> Result<(Vec<Layout>, impl Iterator<Item = PieceOf> + Send), ReadError> {
    let (mut layouts, mut all) = (Vec::new(), Vec::new());
    for (file, origin) in origins.iter_mut().enumerate() {
        let Input { layout, pieces } = origin.open().map_err(|error| ReadError::Input(file, error))?;
        layouts.push(layout);
        all.push(pieces.map(move |piece| match piece {
            Ok(piece) => Ok((file, piece)),
            Err(error) => Err(ReadError::Input(file, error.into())),
        }));
    }
    Ok((layouts, all.into_iter().flatten()))
}

fn make<B: Book>(
    layouts: &[Layout],
    pieces: impl Iterator<Item = Result<Work, ReadError>> + Send,
    problems: Vec<Problem>,
    book: &B,
) -> Result<Result<B::Whole, OutOfOrder>, ReadError> {
    let gather = |piece: Result<Work, ReadError>| {
        let mut gathering = Gathering::new(book);
        match piece? {
            Work::Records(records) => read_records(layouts, records, |file, reading| gathering.take(file, reading)),
            Work::Piece(file, piece) => {
                if let Some(layout) = layouts.get(file) {
                    layout.read(piece, |reading| gathering.take(file, reading));
                }
            }
        }
        Ok(gathering.finish())
    };
    let mut sequence = Sequence::new(book, problems);
    let mut ended = Ok(Ok(()));
    in_order(pieces, gather, |gathered: Result<_, ReadError>| {
        ended = gathered.and_then(|gathered| Ok(sequence.take(gathered)?));
        if matches!(ended, Ok(Ok(()))) { Continue(()) } else { Break(()) }
    });
    match ended? {
        Ok(()) => Ok(Ok(sequence.finish()?)),
        Err(OutOfOrder) => Ok(Err(OutOfOrder)),
    }
}

#[cfg(test)]
mod tests {
    use std::io::Cursor;

    use super::*;
    use crate::domain::facts::fact::FactKey;

    /// The customers, with the lines that their facts stand on; and what is wrong.
    struct Lines;

    type Customers = Vec<(String, Vec<u64>)>;

    impl Book for Lines {
        type Part = Customers;
        type Whole = (Customers, Vec<u64>);

        fn begin(&self) -> Self::Whole {
            Self::Whole::default()
        }

        fn customer(&self, said: Vec<Said>, part: &mut Customers) -> Result<(), Vec<Problem>> {
            let Some(customer) = Customer::of(said)? else { return Ok(()) };
            let keys = customer.facts.charges.keys().map(|id| FactKey::Charge(id.clone()));
            let lines = keys.map(|key| customer.place(&key).unwrap().1.line).collect();
            part.push((customer.customer_id.to_string(), lines));
            Ok(())
        }

        fn add(&self, whole: &mut Self::Whole, part: Customers) -> io::Result<()> {
            whole.0.extend(part);
            Ok(())
        }

        fn problem(&self, whole: &mut Self::Whole, problem: Problem) {
            whole.1.push(problem.line);
        }
    }

    fn read(run_bytes: usize, texts: &[&str]) -> (Customers, Vec<u64>) {
        let origin = |text: &&str| Origin::pipe(Cursor::new(text.as_bytes().to_vec()), None);
        let mut origins: Vec<Origin> = texts.iter().map(origin).collect();
        in_runs_of(run_bytes, &mut origins, &Lines).unwrap()
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
