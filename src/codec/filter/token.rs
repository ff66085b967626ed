//! Tokens of a filter expression: words, operators and quoted texts, each with its position.

/// Position of a character, from 1.
pub(in crate::codec) type Place = usize;

/// Token with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::codec) struct Token {
    pub at: Place,
    pub kind: Kind,
}

#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::codec) enum Kind {
    Open,
    Close,
    Sign(Sign),
    /// AND.
    And,
    /// OR.
    Or,
    /// NOT, or a minus before the negated term.
    Not,
    /// Without quotes.
    Word(String),
    Quoted(String),
    /// Text with a violation that is already reported; parsing continues as if it were valid.
    Wrong,
}

/// Comparison operator.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(in crate::codec) enum Sign {
    Equal,
    NotEqual,
    Less,
    LessOrEqual,
    Greater,
    GreaterOrEqual,
    Has,
}

impl Sign {
    const ALL: [Self; 7] = [
        // Operators of two characters first.
        Self::NotEqual,
        Self::LessOrEqual,
        Self::GreaterOrEqual,
        Self::Equal,
        Self::Less,
        Self::Greater,
        Self::Has,
    ];

    pub fn text(self) -> &'static str {
        match self {
            Self::Equal => "=",
            Self::NotEqual => "!=",
            Self::Less => "<",
            Self::LessOrEqual => "<=",
            Self::Greater => ">",
            Self::GreaterOrEqual => ">=",
            Self::Has => ":",
        }
    }
}

/// Violation with its position.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(in crate::codec) struct Problem {
    pub at: Place,
    pub rule: String,
}

/// Remaining text.
struct Rest<'e> {
    text: &'e str,
    at: Place,
}

impl<'e> Rest<'e> {
    fn first(&self) -> Option<char> {
        self.text.chars().next()
    }

    /// Takes the characters up to the first one that does not belong.
    fn take_while(&mut self, mut belongs: impl FnMut(char) -> bool) -> &'e str {
        let end = self.text.find(|c| !belongs(c)).unwrap_or(self.text.len());
        let (taken, rest) = self.text.split_at(end);
        self.at = self.at.saturating_add(taken.chars().count());
        self.text = rest;
        taken
    }

    fn take(&mut self) -> Option<char> {
        let mut is_first = true;
        self.take_while(|_| std::mem::take(&mut is_first)).chars().next()
    }

    fn take_sign(&mut self) -> Option<Sign> {
        let sign = Sign::ALL.into_iter().find(|sign| self.text.starts_with(sign.text()))?;
        let mut left = sign.text().len();
        self.take_while(|_| {
            let belongs = left > 0;
            left = left.saturating_sub(1);
            belongs
        });
        Some(sign)
    }
}

fn ends_word(c: char) -> bool {
    c.is_whitespace() || matches!(c, '(' | ')' | '"' | '\'' | ',')
}

fn is_sign(c: char) -> bool {
    matches!(c, '=' | '!' | '<' | '>' | ':')
}

/// Splits a text into tokens, with its violations.
pub(in crate::codec) fn tokens(text: &str) -> (Vec<Token>, Vec<Problem>) {
    let (mut tokens, mut problems) = (Vec::new(), Vec::new());
    let mut rest = Rest { text, at: 1 };
    loop {
        rest.take_while(char::is_whitespace);
        let at = rest.at;
        let after_sign = matches!(tokens.last(), Some(Token { kind: Kind::Sign(_), .. }));
        let Some(first) = rest.first() else { return (tokens, problems) };
        let kind = match first {
            '(' | ')' => {
                rest.take();
                Ok(if first == '(' { Kind::Open } else { Kind::Close })
            }
            '"' | '\'' => quoted(&mut rest),
            first if is_sign(first) && !after_sign => sign(&mut rest),
            first if is_sign(first) => {
                let signs = rest.take_while(is_sign);
                Err(format!("`{signs}` follows another operator: a value that begins with it stands in quotes"))
            }
            // A value may begin with a minus, as numbers do; elsewhere a minus negates.
            '-' if !after_sign => {
                rest.take();
                Ok(Kind::Not)
            }
            ',' => {
                rest.take();
                Err("there is a comma: conditions are joined by AND or OR".to_owned())
            }
            // A value may contain operators, as instants do.
            _ => Ok(word(rest.take_while(|c| !ends_word(c) && (after_sign || !is_sign(c))), after_sign)),
        };
        let kind = kind.unwrap_or_else(|rule| {
            problems.push(Problem { at, rule });
            // Treated as a comparison, so that parsing can continue.
            if is_sign(first) && !after_sign { Kind::Sign(Sign::Equal) } else { Kind::Wrong }
        });
        tokens.push(Token { at, kind });
    }
}

fn word(word: &str, is_value: bool) -> Kind {
    match word {
        "AND" if !is_value => Kind::And,
        "OR" if !is_value => Kind::Or,
        "NOT" if !is_value => Kind::Not,
        word => Kind::Word(word.to_owned()),
    }
}

fn sign(rest: &mut Rest<'_>) -> Result<Kind, String> {
    let known = rest.take_sign();
    // `==`, `=>` and the like are invalid as a whole.
    let more = rest.take_while(is_sign);
    match known {
        Some(sign) if more.is_empty() => Ok(Kind::Sign(sign)),
        known => {
            let text = known.map_or("", Sign::text);
            Err(format!("`{text}{more}` is no operator: there are =, !=, <, <=, >, >= and :"))
        }
    }
}

/// Takes a quoted text; a backslash escapes the next quote or backslash.
fn quoted(rest: &mut Rest<'_>) -> Result<Kind, String> {
    let quote = rest.take();
    let mut text = String::new();
    loop {
        match rest.take() {
            None => return Err("a quote is opened here and not closed".to_owned()),
            Some('\\') => match rest.take() {
                Some(escaped @ ('"' | '\'' | '\\')) => text.push(escaped),
                _ => return Err("a backslash in quotes stands before a quote or a backslash only".to_owned()),
            },
            end if end == quote => return Ok(Kind::Quoted(text)),
            Some(c) => text.push(c),
        }
    }
}
