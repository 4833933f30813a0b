//! Lines and columns of a text.

use std::ops::Range;

/// A text whose lines end in `\n` or `\r\n`.
#[derive(Debug, Clone, Copy)]
pub(super) struct Text<'t> {
    text: &'t str,
}

impl<'t> Text<'t> {
    pub(super) fn of(text: &'t str) -> Self {
        Self { text }
    }

    /// The characters of a range; none where there is no such range.
    pub(super) fn slice(&self, range: Range<usize>) -> &'t str {
        self.text.get(range).unwrap_or_default()
    }

    /// Where the text ends.
    pub(super) fn end(&self) -> usize {
        self.text.len()
    }

    /// Where the line of a byte begins.
    pub(super) fn line_start(&self, at: usize) -> usize {
        let before = self.slice(0..at);
        before.rfind('\n').map_or(0, |end| end + 1)
    }

    /// Where the line of a byte ends, before its line end.
    pub(super) fn line_end(&self, at: usize) -> usize {
        let rest = self.slice(at..self.end());
        match rest.find('\n') {
            Some(end) => {
                at + rest
                    .get(..end)
                    .map_or(end, |line| line.trim_end_matches('\r').len())
            }
            None => self.end(),
        }
    }

    /// Where the line behind that of a byte begins.
    pub(super) fn next_line(&self, at: usize) -> usize {
        let rest = self.slice(at..self.end());
        rest.find('\n').map_or(self.end(), |end| at + end + 1)
    }

    /// The characters of the line of a byte before that byte.
    pub(super) fn before(&self, at: usize) -> &'t str {
        self.slice(self.line_start(at)..at)
    }

    /// The characters of a line from its begin, without its end.
    pub(super) fn line_from(&self, start: usize) -> &'t str {
        self.slice(start..self.line_end(start))
    }

    /// In which column a byte stands, in characters.
    pub(super) fn column(&self, at: usize) -> usize {
        self.before(at).chars().count()
    }

    /// Whether nothing but blanks stands before a byte on its line.
    pub(super) fn begins_line(&self, at: usize) -> bool {
        self.before(at).bytes().all(|byte| byte == b' ')
    }

    /// Where the comment behind a value on its line begins.
    pub(super) fn comment_behind(&self, at: usize) -> Option<usize> {
        let rest = self.line_from(at);
        let bare = rest.trim_start_matches([' ', '\t']);
        bare.starts_with('#').then(|| at + rest.len() - bare.len())
    }

    /// Where the line above the one that begins at a byte begins.
    pub(super) fn line_above(&self, start: usize) -> Option<usize> {
        (start > 0).then(|| self.line_start(start - 1))
    }

    /// The column of the comment that a line consists of.
    pub(super) fn comment_column(&self, start: usize) -> Option<usize> {
        let line = self.line_from(start);
        let bare = line.trim_start_matches([' ', '\t']);
        bare.starts_with('#')
            .then(|| line.chars().count() - bare.chars().count())
    }

    /// Whether a line holds nothing but white space.
    pub(super) fn is_blank(&self, start: usize) -> bool {
        start < self.end() && self.line_from(start).trim().is_empty()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn lines_are_found_with_both_ends() {
        let text = Text::of("a: é # x\r\n  # y\n\nb");
        assert_eq!(text.line_end(0), 9);
        assert_eq!(text.next_line(3), 11);
        assert_eq!(text.line_start(13), 11);
        assert_eq!(text.comment_column(11), Some(2));
        assert_eq!(text.comment_behind(5), Some(6));
        assert_eq!(text.column(6), 5);
        assert!(text.is_blank(17) && !text.is_blank(11) && !text.is_blank(19));
        assert_eq!(text.line_above(17), Some(11));
        assert_eq!(text.line_end(18), 19);
    }
}
