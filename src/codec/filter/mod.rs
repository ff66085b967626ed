//! The filter language of movements, after AIP-160: text → an expression whose fields, operators and values are checked.
//! `docs/filter.md` says what it means.

mod field;
mod parse;
mod token;
mod value;

pub use crate::codec::filter::field::{DerivedField, Field, cause_kind};
pub use crate::codec::filter::parse::{MAX_CHARS, MAX_DEPTH, MAX_TERMS, parse};
pub use crate::codec::filter::value::{Constant, Operand};

/// A condition on movements.
///
/// It is kept as its parts in the order in which they are worked out, each operator behind its operands, so that nothing
/// that reads it has to call itself, however deep the text was nested.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Expression(Vec<Part>);

/// A part of an expression.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Part {
    Term(Term),
    Not,
    And,
    Or,
}

/// One field compared with one value.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Term {
    pub field: Field,
    pub test: Test,
}

/// What is asked of a field. A list is as its elements: one of them is enough.
#[derive(Debug, Clone, PartialEq, Eq)]
pub enum Test {
    /// It has a value.
    IsSet,
    Equal(Constant),
    Less(Constant),
    LessOrEqual(Constant),
    Greater(Constant),
    GreaterOrEqual(Constant),
}

impl Expression {
    /// The parts, each operator behind its operands.
    #[must_use]
    pub fn parts(&self) -> &[Part] {
        &self.0
    }

    /// Whether it asks for a field.
    #[must_use]
    pub fn names(&self, field: Field) -> bool {
        self.0.iter().any(|part| matches!(part, Part::Term(term) if term.field == field))
    }

    /// Works the expression out from what its terms and operators come to.
    pub fn fold<T: Default>(
        &self,
        mut term: impl FnMut(&Term) -> T,
        not: impl Fn(T) -> T,
        and: impl Fn(T, T) -> T,
        or: impl Fn(T, T) -> T,
    ) -> T {
        let mut stack: Vec<T> = Vec::new();
        for part in &self.0 {
            // The parser leaves no operator without its operands.
            let mut operand = || stack.pop().unwrap_or_default();
            let worked_out = match part {
                Part::Term(it) => term(it),
                Part::Not => not(operand()),
                Part::And | Part::Or => {
                    let (right, left) = (operand(), operand());
                    if matches!(part, Part::And) { and(left, right) } else { or(left, right) }
                }
            };
            stack.push(worked_out);
        }
        stack.pop().unwrap_or_default()
    }

    /// Whether it holds, by what its terms say.
    pub fn holds(&self, term: impl FnMut(&Term) -> bool) -> bool {
        self.fold(term, |it| !it, |left, right| left && right, |left, right| left || right)
    }
}

impl Term {
    /// Whether the field, with this value, passes. What has no value passes no test.
    #[must_use]
    pub fn passes(&self, value: Option<Operand<'_>>) -> bool {
        let Some(value) = value else { return false };
        match &self.test {
            Test::IsSet => true,
            Test::Equal(wanted) => value == wanted.value(),
            Test::Less(wanted) => value < wanted.value(),
            Test::LessOrEqual(wanted) => value <= wanted.value(),
            Test::Greater(wanted) => value > wanted.value(),
            Test::GreaterOrEqual(wanted) => value >= wanted.value(),
        }
    }
}
