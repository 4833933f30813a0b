//! The values of a file as they were read, before anything is known about their meaning.

use std::borrow::Cow;
use std::cell::{Cell, RefCell};
use std::collections::HashSet;
use std::fmt;
use std::sync::Arc;

use serde::de::{
    DeserializeSeed, Deserializer, EnumAccess, Error, IgnoredAny, MapAccess, SeqAccess,
    VariantAccess, Visitor,
};
use serde_json::Number;

/// A value as it was read.
#[derive(Debug, Clone, PartialEq)]
pub(crate) enum Raw {
    /// Nothing, `null` or `~`.
    Null,
    /// `true` or `false`.
    Bool(bool),
    /// A number that JSON knows, written as JSON writes it.
    Number(Number),
    /// A plain scalar that readers of YAML take for different things, such as `007` or `.inf`.
    Doubtful(Box<str>),
    /// A number, `true` or `false` in a spelling that its value does not keep, such as `+49`, `1.10`
    /// or `True`.
    Spelled(Box<Spelled>),
    /// A text; the value that is made of it shares it.
    Text(Arc<str>),
    /// A list.
    List(Vec<Raw>),
    /// A map in the order of the file; equal keys are still there.
    Map(Vec<(Arc<str>, Raw)>),
    /// A value with a tag such as `!secret`.
    Tagged(Box<str>),
}

/// A value whose spelling says more than the value does.
#[derive(Debug, Clone, PartialEq)]
pub(crate) struct Spelled {
    /// What it is read as.
    pub(crate) meaning: Raw,
    /// How it is written.
    pub(crate) written: Box<str>,
}

/// What a value is where a text is wanted.
pub(crate) enum AsText<'r> {
    /// A text.
    Text(&'r Arc<str>),
    /// A number whose text is the very text in the file.
    Number(&'r Number),
    /// Something without quotes whose value would be another text than the one in the file.
    Unquoted(&'r str),
    /// Anything else.
    Other,
}

impl Raw {
    /// The value as a text: the one rule for every place that takes one.
    pub(crate) fn as_text(&self) -> AsText<'_> {
        match self {
            Self::Text(text) => AsText::Text(text),
            Self::Number(number) => AsText::Number(number),
            Self::Doubtful(written) => AsText::Unquoted(written),
            Self::Spelled(spelled) => AsText::Unquoted(&spelled.written),
            _ => AsText::Other,
        }
    }

    /// The value where its spelling does not matter: a number, or true or false.
    pub(crate) fn meaning(&self) -> &Raw {
        match self {
            Self::Spelled(spelled) => &spelled.meaning,
            other => other,
        }
    }

    /// What it is, in words.
    pub(crate) fn what(&self) -> &'static str {
        match self.meaning() {
            Self::Null => "nothing",
            Self::Bool(_) => "true or false",
            Self::Number(_) | Self::Doubtful(_) => "a number",
            Self::Text(_) => "a text",
            Self::List(_) => "a list",
            Self::Map(_) => "a map",
            // A meaning is never spelled itself.
            Self::Tagged(_) | Self::Spelled(_) => "a tag",
        }
    }

    /// The value of a key of a map.
    pub(crate) fn get(&self, key: &str) -> Option<&Raw> {
        match self {
            Self::Map(entries) => entries
                .iter()
                .find(|(name, _)| &**name == key)
                .map(|(_, value)| value),
            _ => None,
        }
    }
}

/// A way from a document's root to a value, without a copy of any key.
#[derive(Clone, Copy)]
pub(crate) struct At<'a> {
    parent: Option<&'a At<'a>>,
    step: Step<'a>,
}

#[derive(Clone, Copy)]
enum Step<'a> {
    Root,
    Key(&'a str),
    Index(usize),
}

impl<'a> At<'a> {
    /// The root.
    pub(crate) const ROOT: At<'static> = At {
        parent: None,
        step: Step::Root,
    };

    /// The value of a key.
    pub(crate) fn key(&'a self, key: &'a str) -> At<'a> {
        At {
            parent: Some(self),
            step: Step::Key(key),
        }
    }

    /// An item of a list.
    pub(crate) fn index(&'a self, index: usize) -> At<'a> {
        At {
            parent: Some(self),
            step: Step::Index(index),
        }
    }

    /// The JSON pointer.
    pub(crate) fn pointer(&self) -> String {
        let mut out = self.parent.map(At::pointer).unwrap_or_default();
        match self.step {
            Step::Root => {}
            Step::Key(key) => {
                out.push('/');
                out.push_str(&escape(key));
            }
            Step::Index(index) => {
                out.push('/');
                out.push_str(&index.to_string());
            }
        }
        out
    }
}

/// A key as one token of a JSON pointer.
pub(crate) fn escape(key: &str) -> Cow<'_, str> {
    if key.contains(['~', '/']) {
        key.replace('~', "~0").replace('/', "~1").into()
    } else {
        key.into()
    }
}

/// What is shared while one file is read.
pub(crate) struct Reading<'t> {
    /// The text, for telling plain scalars from quoted ones.
    text: &'t str,
    /// Keys seen, each stored once.
    keys: RefCell<HashSet<Arc<str>>>,
    /// The plain key `<<`, which merges; in quotes it is a key like any other.
    merge: Arc<str>,
    /// Values that may still be read; aliases cannot make more of them than this.
    budget: Cell<usize>,
    /// Whether a number was read that may be written in many ways.
    many_ways: Cell<bool>,
}

/// The key that merges maps.
const MERGE: &str = "<<";

/// What the reader says when aliases make a file too large.
pub(crate) const TOO_MANY: &str = "aliases repeat too much";

impl<'t> Reading<'t> {
    pub(crate) fn new(text: &'t str) -> Self {
        Self {
            text,
            keys: RefCell::default(),
            merge: MERGE.into(),
            // Two characters are the least that a value takes; aliases may repeat a file ten times.
            budget: Cell::new(text.len().saturating_mul(5).saturating_add(10_000)),
            many_ways: Cell::new(false),
        }
    }

    /// A reading of a portion of a file, for which the key that merges is that of the whole.
    pub(crate) fn of_portion(text: &'t str, merge: Arc<str>) -> Self {
        Self {
            merge,
            ..Self::new(text)
        }
    }

    /// The one key that merges.
    pub(crate) fn merge_key(&self) -> Arc<str> {
        Arc::clone(&self.merge)
    }

    /// Whether something was read whose spelling has to be looked at.
    pub(crate) fn needs_spelling(&self) -> bool {
        self.many_ways.get() || may_be_odd(self.text)
    }

    /// Whether a key is the one that merges.
    pub(crate) fn merges(&self, key: &Arc<str>) -> bool {
        Arc::ptr_eq(key, &self.merge)
    }

    fn key(&self, key: &str) -> Arc<str> {
        let mut keys = self.keys.borrow_mut();
        if let Some(known) = keys.get(key) {
            return Arc::clone(known);
        }
        let new: Arc<str> = key.into();
        keys.insert(Arc::clone(&new));
        new
    }

    /// Whether a slice of the text stands there without quotes.
    fn is_plain(&self, slice: &str) -> bool {
        let offset = (slice.as_ptr() as usize).wrapping_sub(self.text.as_ptr() as usize);
        match self.text.as_bytes().get(offset.wrapping_sub(1)) {
            Some(before) => !matches!(before, b'"' | b'\''),
            None => offset == 0,
        }
    }
}

impl<'de> DeserializeSeed<'de> for &Reading<'de> {
    type Value = Raw;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Raw, D::Error> {
        let left = self.budget.get();
        if left == 0 {
            return Err(D::Error::custom(TOO_MANY));
        }
        self.budget.set(left - 1);
        deserializer.deserialize_any(self)
    }
}

/// Whether a plain scalar is a number with leading zeros, which YAML 1.1 takes for an octal.
fn has_leading_zero(text: &str) -> bool {
    let digits = text.strip_prefix(['+', '-']).unwrap_or(text);
    digits.len() > 1
        && digits.starts_with('0')
        && digits
            .bytes()
            .all(|byte| byte.is_ascii_digit() || byte == b'_')
}

impl<'de> Visitor<'de> for &Reading<'de> {
    type Value = Raw;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a YAML value")
    }

    fn visit_unit<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_none<E>(self) -> Result<Raw, E> {
        Ok(Raw::Null)
    }

    fn visit_bool<E>(self, value: bool) -> Result<Raw, E> {
        Ok(Raw::Bool(value))
    }

    fn visit_u64<E>(self, value: u64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_i64<E>(self, value: i64) -> Result<Raw, E> {
        Ok(Raw::Number(value.into()))
    }

    fn visit_u128<E>(self, value: u128) -> Result<Raw, E> {
        self.many_ways.set(true);
        Ok(Raw::Doubtful(value.to_string().into()))
    }

    fn visit_i128<E>(self, value: i128) -> Result<Raw, E> {
        self.many_ways.set(true);
        Ok(Raw::Doubtful(value.to_string().into()))
    }

    fn visit_f64<E>(self, value: f64) -> Result<Raw, E> {
        self.many_ways.set(true);
        Ok(Number::from_f64(value).map_or_else(
            // The spelling takes the place of this word.
            || Raw::Doubtful(value.to_string().into()),
            Raw::Number,
        ))
    }

    fn visit_str<E>(self, value: &str) -> Result<Raw, E> {
        Ok(Raw::Text(value.into()))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Raw, E> {
        if has_leading_zero(value) && self.is_plain(value) {
            return Ok(Raw::Doubtful(value.into()));
        }
        Ok(Raw::Text(value.into()))
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<Raw, A::Error> {
        let mut items = Vec::new();
        while let Some(item) = seq.next_element_seed(self)? {
            items.push(item);
        }
        items.shrink_to_fit();
        Ok(Raw::List(items))
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<Raw, A::Error> {
        let mut entries = Vec::new();
        while let Some(key) = map.next_key_seed(Key(self))? {
            entries.push((key, map.next_value_seed(self)?));
        }
        entries.shrink_to_fit();
        Ok(Raw::Map(entries))
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Raw, A::Error> {
        let (tag, content) = data.variant_seed(Key(self))?;
        content.newtype_variant_seed(self)?;
        Ok(Raw::Tagged((&*tag).into()))
    }
}

/// Whether some number, or true or false, may be written otherwise than plainly.
///
/// This looks at the words of a text that may be a whole scalar by what stands around them, and errs
/// on the side of yes: the second reading that follows takes as long as the first. A tag may make a
/// number of anything, or stand at a key.
fn may_be_odd(text: &str) -> bool {
    const BREAKS: [bool; 256] = {
        let mut breaks = [false; 256];
        let mut at = 0;
        while at < BREAK.len() {
            breaks[BREAK[at] as usize] = true;
            at += 1;
        }
        breaks
    };
    const BREAK: &[u8] = b" \t\n\r,:[]{}";
    let text = text.trim_start_matches('\u{feff}');
    if !text.is_ascii() && text.contains(['\u{85}', '\u{2028}', '\u{2029}', '\u{feff}']) {
        // Lines may break there, or a mark be passed over.
        return true;
    }
    // Where the word before begins, and where this one does.
    let (mut before, mut start) = (0, 0);
    for word in text.as_bytes().split(|byte| BREAKS[usize::from(*byte)]) {
        let end = start + word.len();
        if is_tag(word) && may_begin(text, before, start)
            || is_odd(word) && may_begin(text, before, start) && may_end(&text.as_bytes()[end..])
        {
            return true;
        }
        if !word.is_empty() {
            before = start;
        }
        start = end + 1;
    }
    false
}

fn is_tag(word: &[u8]) -> bool {
    word.first() == Some(&b'!')
}

/// Whether a word is a number, or true or false, but not as JSON writes it.
fn is_odd(word: &[u8]) -> bool {
    matches!(
        word,
        [b'+' | b'0', _, ..] | [b'-', b'0', ..] | b"True" | b"TRUE" | b"False" | b"FALSE"
    )
}

/// Whether a scalar may begin at a place, by the word before it and what stands between them.
fn may_begin(text: &str, before: usize, at: usize) -> bool {
    let bytes = text.as_bytes();
    let bare = bytes[..at].trim_ascii_end();
    let Some((last, above)) = bare.split_last() else {
        return true;
    };
    let gap = &bytes[bare.len()..at];
    if gap.contains(&b'\n') || gap.contains(&b'\r') {
        return true;
    }
    match last {
        b'[' | b'{' | b',' | b'?' | b'-' => true,
        // Right behind a word it is a part of a plain scalar.
        b':' => !gap.is_empty() || !above.last().is_some_and(u8::is_ascii_alphanumeric),
        // Behind an anchor or a tag.
        _ => matches!(bytes.get(before), Some(b'&' | b'!')),
    }
}

/// Whether a scalar may end before what follows.
fn may_end(rest: &[u8]) -> bool {
    let blanks = rest.iter().take_while(|byte| matches!(byte, b' ' | b'\t'));
    match &rest[blanks.count()..] {
        [] | [b'\n' | b'\r' | b',' | b']' | b'}' | b'#', ..] => true,
        [b':', rest @ ..] => rest
            .first()
            .is_none_or(|byte| byte.is_ascii_whitespace() || b",[]{}".contains(byte)),
        _ => false,
    }
}

/// Reads a value once more, beside what was read, and keeps the spellings that its values lost.
pub(crate) struct Spelling<'r, 't> {
    pub(crate) reading: &'r Reading<'t>,
    pub(crate) raw: &'r mut Raw,
}

impl<'de> DeserializeSeed<'de> for Spelling<'_, 'de> {
    type Value = ();

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<(), D::Error> {
        let plainly = match &*self.raw {
            Raw::Number(number) => number.to_string(),
            Raw::Bool(flag) => flag.to_string(),
            Raw::Doubtful(text) => text.to_string(),
            Raw::List(_) => return deserializer.deserialize_seq(self),
            Raw::Map(_) => return deserializer.deserialize_map(self),
            _ => return deserializer.deserialize_ignored_any(IgnoredAny).map(|_| ()),
        };
        let written = deserializer.deserialize_str(Key(self.reading))?;
        if *written == *plainly {
            return Ok(());
        }
        let written: Box<str> = (&*written).into();
        *self.raw = match std::mem::replace(self.raw, Raw::Null) {
            Raw::Doubtful(_) => Raw::Doubtful(written),
            meaning => Raw::Spelled(Box::new(Spelled { meaning, written })),
        };
        Ok(())
    }
}

impl<'de> Visitor<'de> for Spelling<'_, 'de> {
    type Value = ();

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("what was read before")
    }

    fn visit_seq<A: SeqAccess<'de>>(self, mut seq: A) -> Result<(), A::Error> {
        if let Raw::List(items) = self.raw {
            for raw in items {
                seq.next_element_seed(Spelling {
                    reading: self.reading,
                    raw,
                })?;
            }
        }
        while seq.next_element::<IgnoredAny>()?.is_some() {}
        Ok(())
    }

    fn visit_map<A: MapAccess<'de>>(self, mut map: A) -> Result<(), A::Error> {
        if let Raw::Map(entries) = self.raw {
            for (_, raw) in entries {
                let tag = map.next_key_seed(TagOf)?.flatten();
                map.next_value_seed(Spelling {
                    reading: self.reading,
                    raw,
                })?;
                // A tag at a key means as little as one at its value.
                if let Some(tag) = tag {
                    *raw = Raw::Tagged(tag);
                }
            }
        }
        while map.next_entry::<IgnoredAny, IgnoredAny>()?.is_some() {}
        Ok(())
    }
}

/// The tag of a key, if it has one.
struct TagOf;

impl<'de> DeserializeSeed<'de> for TagOf {
    type Value = Option<Box<str>>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Self::Value, D::Error> {
        deserializer.deserialize_any(self)
    }
}

impl<'de> Visitor<'de> for TagOf {
    type Value = Option<Box<str>>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key")
    }

    fn visit_unit<E>(self) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_bool<E>(self, _: bool) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u64<E>(self, _: u64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i64<E>(self, _: i64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_u128<E>(self, _: u128) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_i128<E>(self, _: i128) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_f64<E>(self, _: f64) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_str<E>(self, _: &str) -> Result<Self::Value, E> {
        Ok(None)
    }

    fn visit_enum<A: EnumAccess<'de>>(self, data: A) -> Result<Self::Value, A::Error> {
        let (tag, content) = data.variant::<String>()?;
        content.newtype_variant::<IgnoredAny>()?;
        Ok(Some(tag.into()))
    }
}

/// Reads a key as it is written: `1: x` has the key `1`.
struct Key<'r, 't>(&'r Reading<'t>);

impl<'de> DeserializeSeed<'de> for Key<'_, 'de> {
    type Value = Arc<str>;

    fn deserialize<D: Deserializer<'de>>(self, deserializer: D) -> Result<Arc<str>, D::Error> {
        deserializer.deserialize_str(self)
    }
}

impl<'de> Visitor<'de> for Key<'_, 'de> {
    type Value = Arc<str>;

    fn expecting(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str("a key that is a text")
    }

    fn visit_str<E>(self, value: &str) -> Result<Arc<str>, E> {
        Ok(self.0.key(value))
    }

    fn visit_borrowed_str<E>(self, value: &'de str) -> Result<Arc<str>, E> {
        Ok(if value == MERGE && self.0.is_plain(value) {
            Arc::clone(&self.0.merge)
        } else {
            self.0.key(value)
        })
    }
}

#[cfg(test)]
pub(crate) fn read(text: &str) -> Raw {
    let reading = Reading::new(text);
    let mut raw = (&reading)
        .deserialize(serde_yaml::Deserializer::from_str(text))
        .unwrap();
    if reading.needs_spelling() {
        let (reading, raw) = (&reading, &mut raw);
        Spelling { reading, raw }
            .deserialize(serde_yaml::Deserializer::from_str(text))
            .unwrap();
    }
    raw
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn scalars_keep_what_they_are() {
        for (text, expected) in [
            ("007", Raw::Doubtful("007".into())),
            ("'007'", Raw::Text("007".into())),
            ("\"007\"", Raw::Text("007".into())),
            ("[007]", Raw::List(vec![Raw::Doubtful("007".into())])),
            ("yes", Raw::Text("yes".into())),
            ("true", Raw::Bool(true)),
            ("12", Raw::Number(12.into())),
            (
                "99999999999999999999",
                Raw::Doubtful("99999999999999999999".into()),
            ),
            ("~", Raw::Null),
            ("", Raw::Null),
            (".nan", Raw::Doubtful(".nan".into())),
            ("-.inf", Raw::Doubtful("-.inf".into())),
            ("!t x", Raw::Tagged("t".into())),
            ("!t {a: 1}", Raw::Tagged("t".into())),
            ("2024-01-01", Raw::Text("2024-01-01".into())),
        ] {
            assert_eq!(read(text), expected, "{text}");
        }
    }

    /// Reads a text, and once more for the spellings of its values.
    fn read_twice(text: &str) -> Option<(bool, Raw, Raw)> {
        let reading = Reading::new(text);
        let once = (&reading)
            .deserialize(serde_yaml::Deserializer::from_str(text))
            .ok()?;
        let mut twice = once.clone();
        let spelling = Spelling {
            reading: &reading,
            raw: &mut twice,
        };
        let read = spelling.deserialize(serde_yaml::Deserializer::from_str(text));
        read.ok()?;
        Some((reading.needs_spelling(), once, twice))
    }

    proptest::proptest! {
        #[test]
        fn what_is_not_read_again_has_no_spelling_to_keep(
            words in proptest::collection::vec(
                proptest::sample::select(vec![
                    "a", "b: ", ": ", ":", "- ", "-", "? ", " ", "  ", "\n", "\n  ", "\t", "[", "]", "{",
                    "}", ",", "'", "\"", "#", " #", "&x ", "*x", "!t ", "!!int ", "! ", "|\n", "007",
                    "+49", "-0", "00", "0x1F", "0o17", "True", "FALSE", "true", "1.10", "12", "1e3", ".5",
                    "9509425349e4", "\u{85}", "\u{2028}", "\u{feff}", "09:30", "é", "a:", "---\n", "<<: ",
                ]),
                1..9,
            ),
        ) {
            let text = words.concat();
            if let Some((needs, once, twice)) = read_twice(&text) {
                proptest::prop_assert!(needs || once == twice, "{text:?}: {once:?} and {twice:?}");
            }
        }
    }

    #[test]
    fn texts_that_hold_odd_words_are_not_read_again() {
        for text in [
            "name: Sample 007\n",
            "phone: '+49 30 007'\n",
            "phone: +49 30 007\n",
            "street: 0123 Main Street\n",
            "from: 09:30\n",
            "url: https://example.com:080/+1\n",
            "note: It is True that !important counts\n",
        ] {
            assert!(!Reading::new(text).needs_spelling(), "{text}");
        }
        for text in [
            "a: 007\n",
            "a: [x, +49]\n",
            "a:\n  - -0\n",
            "{\"a\":True}\n",
            "a: &x 007 # octal\n",
            "a: !t x\n",
            "? 007\n: x\n",
        ] {
            assert!(Reading::new(text).needs_spelling(), "{text}");
        }
    }

    #[test]
    fn keys_are_texts_as_written_and_stay_double() {
        let Raw::Map(entries) = read("1: a\n0x1F: b\ntrue: c\n1: d\n") else {
            panic!()
        };
        let keys: Vec<&str> = entries.iter().map(|(key, _)| &**key).collect();
        assert_eq!(keys, ["1", "0x1F", "true", "1"]);
    }

    #[test]
    fn pointers_are_escaped() {
        let a = At::ROOT.key("a/b");
        let b = a.index(3);
        assert_eq!(b.key("~").pointer(), "/a~1b/3/~0");
    }
}
