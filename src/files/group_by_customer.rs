//! Facts of pieces grouped by customer.

use std::cmp::Ordering;
use std::{io, mem};

use crate::files::by_customer::CustomerFold;
use crate::files::customer_batch::{LocatedFact, LocatedViolation};
use crate::files::parsed_fact::ParsedFact;

/// Facts that are not sorted by customer.
#[derive(Debug, Clone, Copy)]
pub(super) struct OutOfOrder;

/// Groups the facts of one piece by customer.
pub(super) struct CustomerGrouping<'b, B: CustomerFold> {
    fold: &'b B,
    problems: Vec<LocatedViolation>,
    /// Facts of the first customer, once the second has begun.
    first: Option<Vec<LocatedFact>>,
    /// Result of the customers between the first and the last.
    part: B::Part,
    last: Vec<LocatedFact>,
    in_order: bool,
}

/// Customers of one piece.
pub(super) struct GroupedPiece<T> {
    problems: Vec<LocatedViolation>,
    /// Facts of the first customer, who may have begun in the piece before.
    first: Vec<LocatedFact>,
    /// Result of the customers between, and the facts of the last one, who may continue in the next piece; None where
    /// the first customer is the last.
    rest: Option<(T, Vec<LocatedFact>)>,
}

impl<'b, B: CustomerFold> CustomerGrouping<'b, B> {
    pub fn new(fold: &'b B) -> Self {
        Self { fold, problems: vec![], first: None, part: B::Part::default(), last: vec![], in_order: true }
    }

    pub fn take(&mut self, file: usize, parsed: &ParsedFact) {
        if !self.in_order {
            return;
        }
        let located = match parsed.decode() {
            Ok(fact) => LocatedFact { file, place: parsed.place.clone(), fact },
            Err(violations) => {
                let line = parsed.place.line;
                self.problems.extend(violations.into_iter().map(|violation| LocatedViolation {
                    file,
                    line,
                    violation,
                }));
                return;
            }
        };
        match order(&self.last, &located) {
            Ordering::Less => self.next_customer(),
            Ordering::Equal => {}
            Ordering::Greater => self.in_order = false,
        }
        self.last.push(located);
    }

    fn next_customer(&mut self) {
        let complete = mem::take(&mut self.last);
        if self.first.is_none() {
            self.first = Some(complete);
        } else {
            process(self.fold, complete, &mut self.part, &mut self.problems);
        }
    }

    pub fn finish(self) -> Result<GroupedPiece<B::Part>, OutOfOrder> {
        let Self { problems, first, part, last, in_order, .. } = self;
        if !in_order {
            return Err(OutOfOrder);
        }
        Ok(match first {
            Some(first) => GroupedPiece { problems, first, rest: Some((part, last)) },
            None => GroupedPiece { problems, first: last, rest: None },
        })
    }
}

/// Assembles pieces in their order, joining a customer whose facts span pieces.
pub(super) struct FoldAssembly<'b, B: CustomerFold> {
    fold: &'b B,
    whole: B::Whole,
    open: Vec<LocatedFact>,
}

impl<'b, B: CustomerFold> FoldAssembly<'b, B> {
    pub fn new(fold: &'b B, problems: Vec<LocatedViolation>) -> Self {
        let mut assembly = Self { fold, whole: fold.begin(), open: Vec::new() };
        assembly.add_problems(problems);
        assembly
    }

    pub fn take(&mut self, grouped: Result<GroupedPiece<B::Part>, OutOfOrder>) -> io::Result<Result<(), OutOfOrder>> {
        let Ok(GroupedPiece { problems, first, rest }) = grouped else { return Ok(Err(OutOfOrder)) };
        self.add_problems(problems);
        match first.first().map_or(Ordering::Equal, |located| order(&self.open, located)) {
            Ordering::Less => self.close()?,
            Ordering::Equal => {}
            Ordering::Greater => return Ok(Err(OutOfOrder)),
        }
        self.open.extend(first);
        if let Some((part, last)) = rest {
            self.close()?;
            self.fold.add(&mut self.whole, part)?;
            self.open = last;
        }
        Ok(Ok(()))
    }

    pub fn finish(mut self) -> io::Result<B::Whole> {
        self.close()?;
        Ok(self.whole)
    }

    /// Completes the open customer.
    fn close(&mut self) -> io::Result<()> {
        let (mut part, mut problems) = (B::Part::default(), Vec::new());
        process(self.fold, mem::take(&mut self.open), &mut part, &mut problems);
        self.add_problems(problems);
        self.fold.add(&mut self.whole, part)
    }

    fn add_problems(&mut self, problems: Vec<LocatedViolation>) {
        for problem in problems {
            self.fold.problem(&mut self.whole, problem);
        }
    }
}

/// Compares the customer of the facts so far with the customer of the next fact.
fn order(facts: &[LocatedFact], next: &LocatedFact) -> Ordering {
    facts.last().map_or(Ordering::Equal, |last| last.fact.customer_id().cmp(next.fact.customer_id()))
}

fn process<B: CustomerFold>(
    fold: &B,
    facts: Vec<LocatedFact>,
    part: &mut B::Part,
    problems: &mut Vec<LocatedViolation>,
) {
    if !facts.is_empty()
        && let Err(wrong) = fold.customer(facts, part)
    {
        problems.extend(wrong);
    }
}
