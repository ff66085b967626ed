//! What is wrong with a field, and a form that collects all of it.

use std::fmt;

/// A field and the rule that it breaks.
#[derive(Debug, Clone, PartialEq, Eq)]
pub struct Violation {
    /// The path of the field: `facts[3].subscription_line.price_steps[0].unit_price`.
    pub field: String,
    /// What is wrong, such that "{field} {description}" reads as a sentence.
    pub description: String,
}

impl fmt::Display for Violation {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "{}: {}", self.field, self.description)
    }
}

/// Takes fields one by one and remembers what is wrong with each.
#[derive(Debug)]
pub struct Form {
    path: String,
    violations: Vec<Violation>,
}

impl Form {
    #[must_use]
    pub fn at(path: &str) -> Self {
        Self { path: path.to_owned(), violations: Vec::new() }
    }

    /// The path of a field of this form.
    #[must_use]
    pub fn path(&self, field: &str) -> String {
        match (self.path.as_str(), field) {
            ("", field) => field.to_owned(),
            (path, "") => path.to_owned(),
            (path, field) => format!("{path}.{field}"),
        }
    }

    /// The value, or None and a violation.
    pub fn take<T, E: fmt::Display>(&mut self, field: &str, value: Result<T, E>) -> Option<T> {
        match value {
            Ok(value) => Some(value),
            Err(error) => {
                self.refuse(field, error);
                None
            }
        }
    }

    /// A form within this one, at a field.
    pub fn nested<T>(&mut self, field: &str, read: impl FnOnce(&mut Self) -> Option<T>) -> Option<T> {
        let mut inner = Self::at(&self.path(field));
        let value = read(&mut inner);
        self.violations.extend(inner.violations);
        value
    }

    /// Notes that a field breaks a rule.
    pub fn refuse(&mut self, field: &str, description: impl fmt::Display) {
        self.violations.push(Violation { field: self.path(field), description: description.to_string() });
    }

    /// Notes a violation unless the rule is kept.
    pub fn require(&mut self, kept: bool, field: &str, description: &str) {
        if !kept {
            self.refuse(field, description);
        }
    }

    /// What was read, if nothing was wrong with it.
    ///
    /// # Errors
    /// Every violation.
    pub fn finish<T>(self, value: Option<T>) -> Result<T, Vec<Violation>> {
        match value {
            Some(value) if self.violations.is_empty() => Ok(value),
            None if self.violations.is_empty() => {
                Err(vec![Violation { field: self.path, description: "is not complete".to_owned() }])
            }
            Some(_) | None => Err(self.violations),
        }
    }
}
