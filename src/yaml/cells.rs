//! Where in the text of a table the cells of a row stand. What they hold is read by the `csv` crate, which
//! does not tell places, nor quotes that are never closed.

use std::ops::Range;

/// A cell as it stands in the text.
#[derive(Debug, Clone, PartialEq, Eq)]
pub(crate) struct Cell {
    /// Its bytes, quotes among them.
    pub(crate) range: Range<usize>,
    /// What is wrong with its quotes.
    pub(crate) flaw: Option<Flaw>,
}

/// What is wrong with the quotes of a cell.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(crate) enum Flaw {
    /// The quote that opens it is never closed.
    Unclosed,
    /// Something stands behind the quote that closes it, from this byte on.
    Behind(usize),
    /// A quote stands in it at this byte, and it does not begin with one.
    Inside(usize),
}

/// The cells of the row that begins at a byte of a text.
pub(crate) fn cells(text: &str, start: usize, delimiter: u8) -> Vec<Cell> {
    let bytes = text.as_bytes();
    let ends = |byte: u8| byte == delimiter || byte == b'\n' || byte == b'\r';
    let end_from = |at: usize| {
        let rest = bytes.get(at..).unwrap_or_default();
        let length = rest.iter().position(|byte| ends(*byte));
        at + length.unwrap_or(rest.len())
    };
    let mut cells = Vec::new();
    let mut at = start;
    loop {
        let (end, flaw) = if bytes.get(at) == Some(&b'"') {
            match closing(bytes, at + 1) {
                Some(quote) => {
                    let end = end_from(quote + 1);
                    let is_behind = end > quote + 1;
                    (end, is_behind.then_some(Flaw::Behind(quote + 1)))
                }
                None => (bytes.len(), Some(Flaw::Unclosed)),
            }
        } else {
            let end = end_from(at);
            let own = bytes.get(at..end).unwrap_or_default();
            let quote = own.iter().position(|byte| *byte == b'"');
            (end, quote.map(|quote| Flaw::Inside(at + quote)))
        };
        let range = at..end;
        cells.push(Cell { range, flaw });
        if bytes.get(end) != Some(&delimiter) {
            return cells;
        }
        at = end + 1;
    }
}

/// The quote that closes what begins at a byte; two of them are one that belongs to the text.
fn closing(bytes: &[u8], mut at: usize) -> Option<usize> {
    loop {
        let rest = bytes.get(at..)?;
        at += rest.iter().position(|byte| *byte == b'"')?;
        if bytes.get(at + 1) != Some(&b'"') {
            return Some(at);
        }
        at += 2;
    }
}

#[cfg(test)]
mod tests {
    use proptest::prelude::*;

    use super::*;

    /// What the `csv` crate reads, and from where on.
    fn read(text: &str) -> Vec<(usize, Vec<String>)> {
        let mut reader = csv::ReaderBuilder::new()
            .has_headers(false)
            .flexible(true)
            .from_reader(text.as_bytes());
        let mut record = csv::StringRecord::new();
        let mut rows = Vec::new();
        while reader.read_record(&mut record).unwrap() {
            let at = usize::try_from(record.position().unwrap().byte()).unwrap();
            let blank = text[at..].len() - text[at..].trim_start_matches(['\r', '\n']).len();
            rows.push((at + blank, record.iter().map(str::to_owned).collect()));
        }
        rows
    }

    fn content(text: &str) -> String {
        match text
            .strip_prefix('"')
            .and_then(|text| text.strip_suffix('"'))
        {
            Some(inside) => inside.replace("\"\"", "\""),
            None => text.to_owned(),
        }
    }

    #[test]
    fn flaws_are_told() {
        for (text, expected) in [
            ("a,\"b\"\"c\",d", vec![None, None, None]),
            ("a,\"b\"x,d", vec![None, Some(Flaw::Behind(5)), None]),
            ("a,\"b,d\nx", vec![None, Some(Flaw::Unclosed)]),
            ("a\"b,\"\",\nx", vec![Some(Flaw::Inside(1)), None, None]),
            (
                "a, \"b, c\"",
                vec![None, Some(Flaw::Inside(3)), Some(Flaw::Inside(8))],
            ),
            ("", vec![None]),
        ] {
            let found: Vec<_> = cells(text, 0, b',').iter().map(|one| one.flaw).collect();
            assert_eq!(found, expected, "{text}");
        }
    }

    proptest! {
        #[test]
        fn cells_stand_where_they_are_read(text in "(a|b|é|\"|,|\n|\r\n){0,40}") {
            for (start, row) in read(&text) {
                let cells = cells(&text, start, b',');
                if cells.iter().any(|cell| cell.flaw.is_some()) {
                    continue;
                }
                let found: Vec<String> =
                    cells.iter().map(|cell| content(&text[cell.range.clone()])).collect();
                prop_assert_eq!(found, row, "{:?} at {}", text, start);
            }
        }
    }
}
