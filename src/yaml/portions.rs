//! Cuts a long document into portions that mean together what the whole means.
//!
//! The reader keeps every event of a document before it gives the first value: twelve times the text
//! and more. Portions keep that small, and are read side by side. Whatever makes a cut doubtful
//! leaves the text whole.

/// Bytes of a portion; a text of less than two is not cut.
pub(super) const PORTION: usize = 256 * 1024;

/// A piece of a document whose root is a map of maps.
#[derive(Debug, PartialEq, Eq)]
pub(super) struct Portion {
    /// Its text; where it goes on inside a root key, that key stands before it once more.
    pub(super) text: String,
    /// Whether its first root key is the last one of the portion before.
    pub(super) goes_on: bool,
}

/// Cuts a text into portions of at least `size` bytes; none where it is to be read whole.
///
/// A cut comes before a line that holds a root key, or before one that holds a key right below a
/// root key, such as a handle. No other construct of YAML has such a line but flows and quoted texts
/// over several lines: with these, a portion ends in the middle and cannot be read.
pub(super) fn portions(text: &str, size: usize) -> Option<Vec<Portion>> {
    if text.len() < size.saturating_mul(2) || has_odd_breaks(text) {
        return None;
    }
    let mut portions = Vec::new();
    let mut current = Portion {
        text: String::new(),
        goes_on: false,
    };
    // The root key that is open, as its line, and the indentation of the keys below it.
    let mut root = None;
    let mut indentation = None;
    let (mut begun, mut rooted) = (false, false);
    for line in text.split_inclusive('\n') {
        let bare = line.trim_start_matches(' ');
        let depth = line.len() - bare.len();
        let is_content = !bare.trim().is_empty() && !bare.starts_with('#');
        if is_content && depth == 0 {
            match root_key(line) {
                Some(opens) => {
                    if current.text.len() >= size {
                        portions.push(next(&mut current, None));
                    }
                    root = opens.then_some(line);
                    indentation = None;
                    rooted = true;
                }
                // The one line that may stand before the first key.
                None if !begun && line.trim_end() == "---" => {}
                None => return None,
            }
        } else if is_content && !rooted {
            // The root is indented, or no map.
            return None;
        } else if is_content
            && root.is_some()
            && *indentation.get_or_insert(depth) == depth
            && bare.starts_with(char::is_alphanumeric)
            && current.text.len() >= size
        {
            portions.push(next(&mut current, root));
        }
        begun |= is_content;
        current.text.push_str(line);
    }
    portions.push(current);
    (portions.len() > 1).then_some(portions)
}

/// Takes the portion that is full, and begins the next one, inside a root key if there is one.
fn next(current: &mut Portion, root: Option<&str>) -> Portion {
    let begun = Portion {
        text: root.unwrap_or_default().to_owned(),
        goes_on: root.is_some(),
    };
    std::mem::replace(current, begun)
}

/// Whether a line is a plain root key and nothing else, so that its value stands below; nothing where
/// it holds no plain root key at all.
fn root_key(line: &str) -> Option<bool> {
    let (key, rest) = line.split_once(':')?;
    let is_plain = key.starts_with(|c: char| c.is_ascii_alphabetic())
        && key
            .chars()
            .all(|c| c.is_ascii_alphanumeric() || "_-".contains(c));
    let is_key = is_plain && (rest.is_empty() || rest.starts_with([' ', '\r', '\n']));
    is_key.then(|| rest.trim().is_empty() && rest.ends_with('\n'))
}

/// Whether a text breaks lines with anything but line feeds, which YAML 1.1 allows.
fn has_odd_breaks(text: &str) -> bool {
    let mut bytes = text.bytes().peekable();
    while let Some(byte) = bytes.next() {
        if byte == b'\r' && bytes.peek() != Some(&b'\n') {
            return true;
        }
    }
    !text.is_ascii() && text.contains(['\u{85}', '\u{2028}', '\u{2029}'])
}

#[cfg(test)]
mod tests {
    use super::*;

    fn cut(text: &str) -> Option<Vec<String>> {
        portions(text, 1).map(|all| all.into_iter().map(|one| one.text).collect())
    }

    #[test]
    fn cuts_come_before_root_keys_and_handles() {
        let text = "# top\na:\n  x: 1\n  y:\n    z: 2\nb: {c: 1}\nd:\n  e: 1\n";
        assert_eq!(
            cut(text).unwrap(),
            [
                "# top\n",
                "a:\n",
                "a:\n  x: 1\n",
                "a:\n  y:\n    z: 2\n",
                "b: {c: 1}\n",
                "d:\n",
                "d:\n  e: 1\n",
            ]
        );
    }

    #[test]
    fn what_is_doubtful_is_left_whole() {
        for text in [
            "",
            "a: 1\n",
            "- a\n- b\n",
            "a:\n  b: 1\n---\na:\n  c: 1\n",
            "a:\n  b: 1\n...\n",
            "%YAML 1.1\n---\na:\n  b: 1\n",
            "? a\n: b\n",
            "\"a\":\n  b: 1\n  c: 2\n",
            "a:\n  b: x\u{85}c:\n  d: 1\n",
            "a:\n  b: x\rc:\n  d: 1\n",
            "a: |\n  b: 1\n  c: 2\n",
            "  a: 1\nb: 1\n",
        ] {
            assert_eq!(cut(text), None, "{text:?}");
        }
    }
}
