//! A filter's pieces → an expression; everything that is wrong with it, by its place.
//!
//! Operators wait on a stack until their operands are there. So what is nested costs no calls.

use crate::codec::filter::field::Field;
use crate::codec::filter::token::{Kind, Place, Problem, Sign, Token, tokens};
use crate::codec::filter::value::Constant;
use crate::codec::filter::{Expression, Part, Term, Test};
use crate::codec::tabular::field_type::OperandType;
use crate::codec::validation::Form;

/// The longest filter, in characters.
pub const MAX_CHARS: usize = 4_096;
/// The most comparisons in a filter.
pub const MAX_TERMS: usize = 100;
/// How deep parentheses and NOT may be nested.
pub const MAX_DEPTH: usize = 32;

/// Reads a filter; None for an empty one, and for one that is wrong, which the form then knows.
pub fn parse(form: &mut Form, field: &'static str, text: &str) -> Option<Expression> {
    if text.chars().nth(MAX_CHARS).is_some() {
        form.refuse(field, format!("is longer than {MAX_CHARS} characters"));
        return None;
    }
    let (tokens, problems) = tokens(text);
    if tokens.is_empty() && problems.is_empty() {
        return None;
    }
    let mut parser = Parser { problems, ..Parser::default() };
    let mut tokens = tokens.as_slice();
    while let [token, rest @ ..] = tokens {
        tokens = if parser.has_operand { parser.operator(token, rest) } else { parser.operand(token, rest) };
    }
    parser.end(text.chars().count().saturating_add(1));
    let Parser { parts, mut problems, .. } = parser;
    problems.sort_by_key(|problem| problem.at);
    for Problem { at, rule } in &problems {
        form.refuse(field, format!("at character {at}: {rule}"));
    }
    problems.is_empty().then_some(Expression(parts))
}

/// What waits for its operands, or for its other half.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
enum Waiting {
    Open(Place),
    Not,
    And,
    Or,
}

impl Waiting {
    /// What binds tighter comes first: NOT, then OR, then AND, as AIP-160 has it.
    fn tightness(self) -> u8 {
        match self {
            Self::Open(_) => 0,
            Self::And => 1,
            Self::Or => 2,
            Self::Not => 3,
        }
    }
}

#[derive(Debug, Default)]
struct Parser {
    parts: Vec<Part>,
    waiting: Vec<Waiting>,
    /// Whether a condition is complete, so that an operator can come.
    has_operand: bool,
    terms: usize,
    depth: usize,
    problems: Vec<Problem>,
}

/// What is still to be read.
type Rest<'t> = &'t [Token];

impl Parser {
    fn refuse(&mut self, at: Place, rule: impl Into<String>) {
        self.problems.push(Problem { at, rule: rule.into() });
    }

    /// Where a condition can begin.
    fn operand<'t>(&mut self, token: &Token, rest: Rest<'t>) -> Rest<'t> {
        match &token.kind {
            Kind::Open => self.nest(token.at, Waiting::Open(token.at)),
            Kind::Not => self.nest(token.at, Waiting::Not),
            Kind::Word(word) => return self.term(token.at, word, rest),
            Kind::Close => {
                self.refuse(token.at, "a condition is missing before this parenthesis");
                self.close(token.at);
            }
            Kind::And | Kind::Or => self.refuse(token.at, "a condition is missing before this operator"),
            Kind::Sign(sign) => {
                self.refuse(token.at, format!("a field is missing before `{}`", sign.text()));
                self.has_operand = true;
                return without_value(rest);
            }
            Kind::Quoted(_) => {
                self.refuse(token.at, "a text in quotes is a value: it stands behind a field and an operator");
                self.has_operand = true;
            }
            Kind::Wrong => self.has_operand = true,
        }
        rest
    }

    /// Behind a condition.
    fn operator<'t>(&mut self, token: &Token, rest: Rest<'t>) -> Rest<'t> {
        match &token.kind {
            Kind::And => self.join(Waiting::And),
            Kind::Or => self.join(Waiting::Or),
            Kind::Close => self.close(token.at),
            // Conditions one behind the other must all hold.
            Kind::Open | Kind::Not | Kind::Word(_) | Kind::Quoted(_) => {
                self.join(Waiting::And);
                return self.operand(token, rest);
            }
            Kind::Sign(sign) => {
                self.refuse(token.at, format!("`{}` stands behind a field only", sign.text()));
                return without_value(rest);
            }
            Kind::Wrong => {}
        }
        rest
    }

    fn nest(&mut self, at: Place, waiting: Waiting) {
        self.depth = self.depth.saturating_add(1);
        if self.depth == MAX_DEPTH.saturating_add(1) {
            self.refuse(at, format!("this is nested more than {MAX_DEPTH} deep"));
        }
        self.waiting.push(waiting);
    }

    fn join(&mut self, operator: Waiting) {
        self.work_off(operator.tightness());
        self.waiting.push(operator);
        self.has_operand = false;
    }

    /// Puts the operators that bind at least so tightly behind their operands.
    fn work_off(&mut self, tightness: u8) {
        while let Some(waiting) = self.waiting.pop_if(|waiting| waiting.tightness() >= tightness) {
            self.parts.push(match waiting {
                Waiting::And => Part::And,
                Waiting::Or => Part::Or,
                Waiting::Not | Waiting::Open(_) => {
                    self.depth = self.depth.saturating_sub(1);
                    Part::Not
                }
            });
        }
    }

    fn close(&mut self, at: Place) {
        self.work_off(Waiting::And.tightness());
        match self.waiting.pop() {
            Some(_) => self.depth = self.depth.saturating_sub(1),
            None => self.refuse(at, "this parenthesis closes nothing"),
        }
        self.has_operand = true;
    }

    fn end(&mut self, at: Place) {
        if !self.has_operand {
            self.refuse(at, "a condition is missing at the end");
        }
        self.work_off(Waiting::And.tightness());
        while let Some(open) = self.waiting.pop() {
            if let Waiting::Open(at) = open {
                self.refuse(at, "this parenthesis is not closed");
            }
            self.work_off(Waiting::And.tightness());
        }
    }

    /// A comparison, or a flag by itself.
    fn term<'t>(&mut self, at: Place, name: &str, rest: Rest<'t>) -> Rest<'t> {
        self.has_operand = true;
        self.terms = self.terms.saturating_add(1);
        if self.terms == MAX_TERMS.saturating_add(1) {
            self.refuse(at, format!("this is more than {MAX_TERMS} comparisons"));
        }
        let field = Field::parse(name);
        if field.is_none() {
            self.refuse(at, unknown(name));
        }
        let [Token { at: sign_at, kind: Kind::Sign(sign) }, rest @ ..] = rest else {
            if let Some((field, operand_type)) = field {
                match operand_type {
                    OperandType::Flag => self.add(field, Test::Equal(Constant::Flag(true)), false),
                    _ => self.refuse(at, format!("`{name}` is compared with nothing")),
                }
            }
            return rest;
        };
        let (at, text, is_quoted) = match rest {
            [Token { at, kind: Kind::Word(text) }, ..] => (*at, text, false),
            [Token { at, kind: Kind::Quoted(text) }, ..] => (*at, text, true),
            [Token { kind: Kind::Wrong, .. }, rest @ ..] => return rest,
            [Token { at, kind: Kind::Open }, ..] => {
                self.refuse(*at, "one value is wanted here: write every comparison in full");
                return without_value(rest);
            }
            _ => {
                self.refuse(*sign_at, format!("a value is missing behind `{}`", sign.text()));
                return rest;
            }
        };
        if let Some((field, operand_type)) = field {
            match test((field, operand_type), *sign, text, is_quoted) {
                Ok((test, is_denied)) => self.add(field, test, is_denied),
                Err(rule) => self.refuse(at, rule),
            }
        }
        without_value(rest)
    }

    fn add(&mut self, field: Field, test: Test, is_denied: bool) {
        self.parts.push(Part::Term(Term { field, test }));
        if is_denied {
            self.parts.push(Part::Not);
        }
    }
}

/// What is asked of a field, and whether the answer is to be no.
fn test(
    (field, operand_type): (Field, OperandType),
    sign: Sign,
    text: &str,
    is_quoted: bool,
) -> Result<(Test, bool), String> {
    let name = field.as_str();
    if sign == Sign::Has && text == "*" && !is_quoted {
        return Ok((Test::IsSet, false));
    }
    match sign {
        Sign::Has if !field.is_list() => {
            return Err(format!("`{name}` has one value: ask with =, or with {name}:* whether it has any"));
        }
        Sign::Has => {}
        _ if field.is_list() => return Err(format!("`{name}` can have several values: ask with {name}:{text}")),
        Sign::Equal | Sign::NotEqual => {}
        _ if !operand_type.is_ordered() => return Err(format!("`{name}` has no order: ask with = or !=")),
        Sign::Less | Sign::LessOrEqual | Sign::Greater | Sign::GreaterOrEqual => {}
    }
    if !is_quoted && text.contains('*') {
        return Err("a * stands for nothing else here: put it in quotes if it is meant".to_owned());
    }
    let value = operand_type.read(text).map_err(|rule| format!("`{text}` {rule}"))?;
    Ok(match sign {
        Sign::Equal | Sign::Has => (Test::Equal(value), false),
        Sign::NotEqual => (Test::Equal(value), true),
        Sign::Less => (Test::Less(value), false),
        Sign::LessOrEqual => (Test::LessOrEqual(value), false),
        Sign::Greater => (Test::Greater(value), false),
        Sign::GreaterOrEqual => (Test::GreaterOrEqual(value), false),
    })
}

fn unknown(name: &str) -> String {
    let upper = name.to_ascii_uppercase();
    if ["AND", "OR", "NOT"].contains(&upper.as_str()) {
        return format!("`{name}` is written {upper}");
    }
    let all: Vec<&str> = Field::all().map(Field::as_str).collect();
    format!("`{name}` is not a field: there are {}", all.join(", "))
}

/// What is behind a value, or behind parentheses where a value should be.
fn without_value(rest: Rest<'_>) -> Rest<'_> {
    let mut open = 0_usize;
    for (position, token) in rest.iter().enumerate() {
        match token.kind {
            Kind::Open => open = open.saturating_add(1),
            Kind::Close if open == 0 => return rest.get(position..).unwrap_or_default(),
            Kind::Close => open = open.saturating_sub(1),
            Kind::Word(_) | Kind::Quoted(_) | Kind::Wrong => {}
            _ if open == 0 => return rest.get(position..).unwrap_or_default(),
            _ => {}
        }
        if open == 0 {
            return rest.get(position.saturating_add(1)..).unwrap_or_default();
        }
    }
    &[]
}
