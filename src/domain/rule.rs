//! The rules by number: the vocabulary of every explanation.

use std::fmt;

/// A rule of `docs/classification.md`.
#[derive(Debug, Clone, Copy, PartialEq, Eq, PartialOrd, Ord, Hash)]
#[repr(u8)]
pub enum Rule {
    RecurringOnly = 1,
    Normalisation = 2,
    InForce = 3,
    Terms = 4,
    Trial = 5,
    Counting = 6,
    Groups = 7,
    Category = 8,
    Renewal = 9,
    Suspension = 10,
    NaturalEnd = 11,
    Effects = 12,
    ModificationType = 13,
    Truth = 14,
    Derived = 15,
    Corrected = 16,
    Revisions = 17,
    Events = 18,
}

impl Rule {
    /// Every rule, by number.
    pub const ALL: [Self; 18] = [
        Self::RecurringOnly,
        Self::Normalisation,
        Self::InForce,
        Self::Terms,
        Self::Trial,
        Self::Counting,
        Self::Groups,
        Self::Category,
        Self::Renewal,
        Self::Suspension,
        Self::NaturalEnd,
        Self::Effects,
        Self::ModificationType,
        Self::Truth,
        Self::Derived,
        Self::Corrected,
        Self::Revisions,
        Self::Events,
    ];

    #[must_use]
    #[expect(clippy::as_conversions, reason = "the discriminant is the number")]
    pub const fn number(self) -> u8 {
        self as u8
    }

    /// The rule's heading.
    #[must_use]
    pub const fn title(self) -> &'static str {
        match self {
            Self::RecurringOnly => "Recurring only",
            Self::Normalisation => "Normalisation",
            Self::InForce => "In force",
            Self::Terms => "Terms",
            Self::Trial => "Trial",
            Self::Counting => "Counting",
            Self::Groups => "Atoms and groups",
            Self::Category => "Category",
            Self::Renewal => "Renewal",
            Self::Suspension => "Suspension",
            Self::NaturalEnd => "Natural end",
            Self::Effects => "Effects",
            Self::ModificationType => "Modification type",
            Self::Truth => "Truth",
            Self::Derived => "Derived",
            Self::Corrected => "Corrected, never rewritten",
            Self::Revisions => "Revisions",
            Self::Events => "Events",
        }
    }
}

impl fmt::Display for Rule {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        write!(f, "R{}", self.number())
    }
}

/// The rules that decided a movement, in order of their numbers.
#[derive(Clone, Copy, PartialEq, Eq, Default, Hash)]
pub struct RuleSet(u32);

impl RuleSet {
    #[must_use]
    pub const fn of(rules: &[Rule]) -> Self {
        let mut set = Self(0);
        let mut rest = rules;
        while let [rule, more @ ..] = rest {
            set = set.with(*rule);
            rest = more;
        }
        set
    }

    #[must_use]
    pub const fn with(self, rule: Rule) -> Self {
        Self(self.0 | 1 << rule.number())
    }

    #[must_use]
    pub const fn with_if(self, condition: bool, rule: Rule) -> Self {
        if condition { self.with(rule) } else { self }
    }

    #[must_use]
    pub const fn contains(self, rule: Rule) -> bool {
        self.0 & 1 << rule.number() != 0
    }

    pub fn iter(self) -> impl Iterator<Item = Rule> {
        Rule::ALL.into_iter().filter(move |rule| self.contains(*rule))
    }
}

impl fmt::Debug for RuleSet {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_list().entries(self.iter().map(Rule::number)).finish()
    }
}
