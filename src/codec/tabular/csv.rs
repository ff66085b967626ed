//! Cells of CSV by RFC 4180, protected from formula injection: the only writer of CSV cells.
//! that deltabook writes.
//!
//! A spreadsheet computes a cell that begins with one of a few characters, quoted or not, and a formula can reach the
//! network: `=HYPERLINK(…)`. OWASP ("CSV Injection") puts an apostrophe before it, which makes it text. Numbers stay.

/// Writes the header: names from this program, which need no escaping.
pub fn push_header(out: &mut Vec<u8>, names: &[&str]) {
    out.extend_from_slice(names.join(",").as_bytes());
    out.push(b'\n');
}

/// Writes a row of texts.
pub fn push_row<'c>(out: &mut Vec<u8>, cells: impl IntoIterator<Item = &'c str>) {
    for (position, cell) in cells.into_iter().enumerate() {
        if position > 0 {
            out.push(b',');
        }
        push_cell(out, |out| out.extend_from_slice(cell.as_bytes()));
    }
    out.push(b'\n');
}

/// Writes a cell with the escaping that its text needs.
pub(in crate::codec) fn push_cell(out: &mut Vec<u8>, push: impl FnOnce(&mut Vec<u8>)) {
    let start = out.len();
    push(out);
    let Some(cell) = out.get(start..) else { return };
    let needs_quotes = cell.iter().any(|byte| matches!(byte, b'"' | b',' | b'\r' | b'\n'));
    let is_formula = may_be_formula(cell) && !is_number(cell);
    if !needs_quotes && !is_formula {
        return;
    }
    let text = out.split_off(start);
    if needs_quotes {
        out.push(b'"');
    }
    if is_formula {
        out.push(b'\'');
    }
    for byte in text {
        if byte == b'"' {
            out.push(byte);
        }
        out.push(byte);
    }
    if needs_quotes {
        out.push(b'"');
    }
}

/// Prefixes of more than one byte: full-width = + - @, which some spreadsheets read as the ASCII ones.
const WIDE: [&str; 4] = ["＝", "＋", "－", "＠"];

fn may_be_formula(cell: &[u8]) -> bool {
    match cell.first() {
        Some(b'=' | b'+' | b'-' | b'@' | b'\t' | b'\r' | b'\n') => true,
        Some(0xEF) => WIDE.iter().any(|wide| cell.starts_with(wide.as_bytes())),
        _ => false,
    }
}

/// Tells if it is a decimal as this program writes them: `-100.025`.
fn is_number(cell: &[u8]) -> bool {
    let digits = cell.strip_prefix(b"-").unwrap_or(cell);
    let mut parts = digits.splitn(2, |byte| *byte == b'.');
    let is_digits = |part: &[u8]| !part.is_empty() && part.iter().all(u8::is_ascii_digit);
    parts.all(is_digits)
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cell(text: &str) -> String {
        let mut out = Vec::new();
        push_cell(&mut out, |out| out.extend_from_slice(text.as_bytes()));
        String::from_utf8(out).unwrap()
    }

    #[test]
    fn what_begins_like_a_formula_is_text() {
        for (text, written) in [
            ("=1+1", "'=1+1"),
            ("+cmd|' /C calc'!A0", "'+cmd|' /C calc'!A0"),
            ("-2+3", "'-2+3"),
            ("@SUM(A1)", "'@SUM(A1)"),
            ("\t=1", "'\t=1"),
            ("\r=1", "\"'\r=1\""),
            ("\n=1", "\"'\n=1\""),
            ("＝1+1", "'＝1+1"),
            ("-", "'-"),
            ("-1.", "'-1."),
            ("=HYPERLINK(\"http://x\")", "\"'=HYPERLINK(\"\"http://x\"\")\""),
            ("=1,2", "\"'=1,2\""),
        ] {
            assert_eq!(cell(text), written);
        }
    }

    #[test]
    fn numbers_and_other_texts_stay_as_they_are() {
        for text in ["", "-100", "-100.025", "12", "a=b", "acme-corp", "'quoted'", "ﬁne", "1+1"] {
            assert_eq!(cell(text), text);
        }
        assert_eq!(cell("two, \"three\"\nfour"), "\"two, \"\"three\"\"\nfour\"");
    }
}
