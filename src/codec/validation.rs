//! What is wrong with a field, and a form that collects all of it.

use std::fmt::{self, Display};
use std::ops::Deref;

/// A field and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field: `facts[3].subscription_line.price_steps[0].unit_price`.
    pub field: String,
    /// What is wrong, such that "{field} {description}" reads as a sentence.
    pub description: String,
}

impl Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.description)
    }
}

/// Every violation of a request or a fact; not empty.
#[derive(Debug, Clone, PartialEq, Eq, thiserror::Error)]
#[error("{}", joined(.0))]
pub struct Violations(Vec<Violation>);

fn joined(violations: &[Violation]) -> String {
    violations.iter().map(ToString::to_string).collect::<Vec<_>>().join("; ")
}

impl From<Violation> for Violations {
    fn from(violation: Violation) -> Self {
        Self(vec![violation])
    }
}

impl From<Vec<Violation>> for Violations {
    fn from(violations: Vec<Violation>) -> Self {
        Self(violations)
    }
}

impl From<Violations> for Vec<Violation> {
    fn from(Violations(violations): Violations) -> Self {
        violations
    }
}

impl Deref for Violations {
    type Target = [Violation];

    fn deref(&self) -> &[Violation] {
        &self.0
    }
}

impl IntoIterator for Violations {
    type Item = Violation;
    type IntoIter = std::vec::IntoIter<Violation>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

/// Takes fields one by one and remembers what is wrong with each.
#[derive(Debug)]
pub struct Form<'o> {
    path: Path<'o>,
    violations: Vec<Violation>,
}

/// Where a form is; spelled out only for what is wrong.
enum Path<'o> {
    At(&'o str),
    Field(&'o Path<'o>, &'static str),
    Entry(&'o Path<'o>, &'static str, usize),
}

impl Path<'_> {
    fn of(&self, field: &(impl Display + ?Sized)) -> String {
        let (path, field) = (self.to_string(), field.to_string());
        let dot = if path.is_empty() || field.is_empty() { "" } else { "." };
        format!("{path}{dot}{field}")
    }
}

impl Display for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        match self {
            Self::At(path) => f.write_str(path),
            Self::Field(outer, field) => f.write_str(&outer.of(field)),
            Self::Entry(outer, list, index) => f.write_str(&outer.of(&format_args!("{list}[{index}]"))),
        }
    }
}

impl fmt::Debug for Path<'_> {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        Display::fmt(self, f)
    }
}

impl<'o> Form<'o> {
    #[must_use]
    pub fn at(path: &'o str) -> Self {
        Self { path: Path::At(path), violations: Vec::new() }
    }

    /// The value, or None and a violation.
    pub fn take<T, E: Display>(&mut self, field: &(impl Display + ?Sized), value: Result<T, E>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, error);
                None
            }
        }
    }

    /// A form within this one, at a field.
    pub fn nested<T>(&mut self, field: &'static str, read: impl FnOnce(&mut Form<'_>) -> Option<T>) -> Option<T> {
        let (value, violations) = Form::within(Path::Field(&self.path, field), read);
        self.violations.extend(violations);
        value
    }

    /// A form within this one, at an entry of a list.
    pub fn entry<T>(
        &mut self,
        list: &'static str,
        index: usize,
        read: impl FnOnce(&mut Form<'_>) -> Option<T>,
    ) -> Option<T> {
        let (value, violations) = Form::within(Path::Entry(&self.path, list, index), read);
        self.violations.extend(violations);
        value
    }

    fn within<T>(path: Path<'_>, read: impl FnOnce(&mut Form<'_>) -> T) -> (T, Vec<Violation>) {
        let mut form = Form { path, violations: Vec::new() };
        (read(&mut form), form.violations)
    }

    /// Notes that a field breaks a rule.
    pub fn refuse(&mut self, field: &(impl Display + ?Sized), description: impl Display) {
        self.violations.push(Violation { field: self.path.of(field), description: description.to_string() });
    }

    /// Notes a violation unless the rule is kept.
    pub fn require(&mut self, kept: bool, field: &(impl Display + ?Sized), description: &str) {
        if !kept {
            self.refuse(field, description);
        }
    }

    /// What was read, if nothing was wrong with it.
    ///
    /// # Errors
    /// Every violation.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Violations> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            None if self.violations.is_empty() => {
                Err(Violation { field: self.path.to_string(), description: "is not complete".to_owned() }.into())
            }
            Some(_) | None => Err(self.violations.into()),
        }
    }
}
