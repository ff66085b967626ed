//! The facts of pieces, put together by customer.

use std::cmp::Ordering;
use std::{io, mem};

use crate::files::by_customer::Book;
use crate::files::customer_batch::{Problem, Said};
use crate::files::parsed_fact::Reading;

/// The facts are not sorted by customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutOfOrder;

/// The customers of one piece.
pub(super) struct Gathering<'b, B: Book> {
    book: &'b B,
    problems: Vec<Problem>,
    /// The facts of the first customer, when the second has come.
    first: Option<Vec<Said>>,
    /// Those between the first and the last.
    part: B::Part,
    last: Vec<Said>,
    in_order: bool,
}

/// What a piece gives.
pub(super) struct Gathered<T> {
    problems: Vec<Problem>,
    /// The first customer may go on from the piece before.
    first: Vec<Said>,
    /// The last one may go on in the next piece; None: it is the first.
    rest: Option<(T, Vec<Said>)>,
}

impl<'b, B: Book> Gathering<'b, B> {
    pub fn new(book: &'b B) -> Self {
        Self { book, problems: vec![], first: None, part: B::Part::default(), last: vec![], in_order: true }
    }

    pub fn take(&mut self, file: usize, reading: &Reading) {
        if !self.in_order {
            return;
        }
        let said = match reading.decode() {
            Ok(fact) => Said { file, place: reading.place.clone(), fact },
            Err(violations) => {
                let line = reading.place.line;
                self.problems.extend(violations.into_iter().map(|violation| Problem { file, line, violation }));
                return;
            }
        };
        match order(&self.last, &said) {
            Ordering::Less => self.next_customer(),
            Ordering::Equal => {}
            Ordering::Greater => self.in_order = false,
        }
        self.last.push(said);
    }

    fn next_customer(&mut self) {
        let complete = mem::take(&mut self.last);
        if self.first.is_none() {
            self.first = Some(complete);
        } else {
            hand_over(self.book, complete, &mut self.part, &mut self.problems);
        }
    }

    pub fn finish(self) -> Result<Gathered<B::Part>, OutOfOrder> {
        let Self { problems, first, part, last, in_order, .. } = self;
        if !in_order {
            return Err(OutOfOrder);
        }
        Ok(match first {
            Some(first) => Gathered { problems, first, rest: Some((part, last)) },
            None => Gathered { problems, first: last, rest: None },
        })
    }
}

/// Pieces in their order, with a customer that goes on from one to the next.
pub(super) struct Sequence<'b, B: Book> {
    book: &'b B,
    whole: B::Whole,
    open: Vec<Said>,
}

impl<'b, B: Book> Sequence<'b, B> {
    pub fn new(book: &'b B, problems: Vec<Problem>) -> Self {
        let mut sequence = Self { book, whole: book.begin(), open: Vec::new() };
        sequence.add_problems(problems);
        sequence
    }

    pub fn take(&mut self, gathered: Result<Gathered<B::Part>, OutOfOrder>) -> io::Result<Result<(), OutOfOrder>> {
        let Ok(Gathered { problems, first, rest }) = gathered else { return Ok(Err(OutOfOrder)) };
        self.add_problems(problems);
        match first.first().map_or(Ordering::Equal, |said| order(&self.open, said)) {
            Ordering::Less => self.close()?,
            Ordering::Equal => {}
            Ordering::Greater => return Ok(Err(OutOfOrder)),
        }
        self.open.extend(first);
        if let Some((part, last)) = rest {
            self.close()?;
            self.book.add(&mut self.whole, part)?;
            self.open = last;
        }
        Ok(Ok(()))
    }

    pub fn finish(mut self) -> io::Result<B::Whole> {
        self.close()?;
        Ok(self.whole)
    }

    /// Another customer has come, or nobody comes any more.
    fn close(&mut self) -> io::Result<()> {
        let (mut part, mut problems) = (B::Part::default(), Vec::new());
        hand_over(self.book, mem::take(&mut self.open), &mut part, &mut problems);
        self.add_problems(problems);
        self.book.add(&mut self.whole, part)
    }

    fn add_problems(&mut self, problems: Vec<Problem>) {
        for problem in problems {
            self.book.problem(&mut self.whole, problem);
        }
    }
}

/// How the customer of some facts compares with that of the fact behind them.
fn order(facts: &[Said], next: &Said) -> Ordering {
    facts.last().map_or(Ordering::Equal, |last| last.fact.customer_id().cmp(next.fact.customer_id()))
}

fn hand_over<B: Book>(book: &B, facts: Vec<Said>, part: &mut B::Part, problems: &mut Vec<Problem>) {
    if !facts.is_empty()
        && let Err(wrong) = book.customer(facts, part)
    {
        problems.extend(wrong);
    }
}
