//! From a file's text to its documents, with everything that is wrong with the file as YAML.

use std::collections::HashSet;
use std::sync::Arc;

use rayon::iter::{IndexedParallelIterator as _, IntoParallelIterator as _, ParallelIterator as _};
use saphyr_parser::{Event, Parser};
use serde::Deserialize as _;
use serde::de::{DeserializeSeed, IgnoredAny};

use super::places::Places;
use super::portions::{PORTION, Portion, portions};
use super::raw::{At, Raw, Reading, Spelling, TOO_MANY};
use super::slips::{self, Slip};
use super::source::Source;
use crate::problem::{Code, Part, Place, Problem};

/// Levels that a file may nest; the limit of `serde_yaml`.
const MAX_DEPTH: usize = 128;

/// Brackets from which on the exact depth is worked out before the file is parsed: the parser's
/// time grows with the square of the depth.
const MANY_BRACKETS: usize = 50_000;

/// Reads the documents of a file with their numbers; empty documents are left out.
///
/// `begin` is the help for a file that holds nothing.
///
/// # Errors
///
/// Everything that keeps the file from being understood as YAML.
pub(crate) fn documents(
    source: &Source,
    begin: &'static str,
) -> Result<Vec<(u32, Raw)>, Vec<Problem>> {
    if let Some(at) = source.invalid {
        return Err(vec![not_utf8(source, at)]);
    }
    if let Some(slip) = slips::merge_mark(&source.text) {
        return Err(vec![slipped(source, slip)]);
    }
    if let Some(problem) = too_deep(source) {
        return Err(vec![problem]);
    }
    let reading = Reading::new(&source.text);
    let mut documents = match in_portions(&reading, &source.text, PORTION) {
        Some(root) => vec![(0, root)],
        None => whole(&reading, &source.text).map_err(|error| vec![syntax(source, &error)])?,
    };
    if documents.is_empty() {
        let problem = Problem::error(Code::EmptyFile, "the file holds nothing")
            .at(Place::file(Arc::clone(&source.name)), "")
            .help(begin);
        return Err(vec![problem]);
    }
    let mut tidy = Tidy {
        reading: &reading,
        source,
        document: 0,
        places: None,
        problems: foreign_tags(source),
    };
    for (number, raw) in &mut documents {
        tidy.document = *number;
        tidy.value(raw, At::ROOT);
    }
    if tidy.problems.is_empty() {
        Ok(documents)
    } else {
        Err(tidy.problems)
    }
}

/// Reads all documents of a text, with the spellings of their values.
fn whole<'t>(reading: &Reading<'t>, text: &'t str) -> Result<Vec<(u32, Raw)>, serde_yaml::Error> {
    let mut documents = Vec::new();
    for (number, document) in serde_yaml::Deserializer::from_str(text).enumerate() {
        match reading.deserialize(document)? {
            Raw::Null => {}
            raw => documents.push((u32::try_from(number).unwrap_or(u32::MAX), raw)),
        }
    }
    if reading.needs_spelling() {
        spell(reading, text, &mut documents)?;
    }
    Ok(documents)
}

/// Reads a long document in portions of about `size` bytes, side by side; nothing where it has to be
/// read whole.
fn in_portions(reading: &Reading<'_>, text: &str, size: usize) -> Option<Raw> {
    let portions = portions(text, size)?;
    let merge = reading.merge_key();
    let read = |portion: Portion| {
        let reading = Reading::of_portion(&portion.text, Arc::clone(&merge));
        let documents = whole(&reading, &portion.text).ok()?;
        let entries = match <[(u32, Raw); 1]>::try_from(documents) {
            Ok([(_, Raw::Map(entries))]) => entries,
            // A portion of comments alone holds nothing.
            Err(documents) if documents.is_empty() => Vec::new(),
            _ => return None,
        };
        Some((portion.goes_on, entries))
    };
    let read: Vec<_> = portions
        .into_par_iter()
        .with_max_len(1)
        .map(read)
        .collect::<Option<_>>()?;
    let mut root: Vec<(Arc<str>, Raw)> = Vec::new();
    for (goes_on, entries) in read {
        let mut entries = entries.into_iter();
        if goes_on {
            let (key, more) = entries.next()?;
            let (open, value) = root.last_mut()?;
            if *open != key {
                return None;
            }
            match (value, more) {
                (Raw::Map(known), Raw::Map(more)) => known.extend(more),
                // The portion before ended behind the root key.
                (value @ Raw::Null, more) => *value = more,
                _ => return None,
            }
        }
        root.extend(entries);
    }
    for (_, value) in &mut root {
        if let Raw::Map(entries) = value {
            entries.shrink_to_fit();
        }
    }
    (!root.is_empty()).then_some(Raw::Map(root))
}

/// Gives numbers, and true and false, the spelling that their values do not keep.
///
/// The same reader goes over the text again, so that anchors, merges and flows are what they were.
fn spell<'t>(
    reading: &Reading<'t>,
    text: &'t str,
    documents: &mut [(u32, Raw)],
) -> Result<(), serde_yaml::Error> {
    let mut documents = documents.iter_mut().peekable();
    for (number, document) in (0_u32..).zip(serde_yaml::Deserializer::from_str(text)) {
        match documents.next_if(|(known, _)| *known == number) {
            Some((_, raw)) => Spelling { reading, raw }.deserialize(document)?,
            // A document that nobody asks for is only got over with.
            None => IgnoredAny::deserialize(document).map(|_| ())?,
        }
    }
    Ok(())
}

/// Whether a file holds comments and nothing else: somebody means it to declare nothing, other than with
/// a file that lost what it held.
pub(crate) fn is_all_comments(text: &str) -> bool {
    let mut lines = text.lines().map(str::trim).filter(|line| !line.is_empty());
    let mut has_comment = false;
    lines.all(|line| {
        has_comment |= line.starts_with('#');
        line.starts_with('#') || line == "---"
    }) && has_comment
}

/// Where the tags of YAML itself begin, such as `!!str`.
const OWN_TAGS: &str = "tag:yaml.org,2002:";

/// The tags that mean nothing here and that the reader passes over: those of other languages.
///
/// What begins with one `!` is told where it is read.
fn foreign_tags(source: &Source) -> Vec<Problem> {
    let text = &source.text;
    if !["!!", "!<", "%TAG"].iter().any(|sign| text.contains(sign)) {
        return Vec::new();
    }
    let mut from = 0;
    let mut problems = Vec::new();
    let mut parser = Parser::new_from_str(text);
    while let Some(Ok((event, _))) = parser.next_event() {
        let (Event::Scalar(_, _, _, Some(tag))
        | Event::MappingStart(_, Some(tag))
        | Event::SequenceStart(_, Some(tag))) = event
        else {
            continue;
        };
        let whole = format!("{}{}", tag.handle, tag.suffix);
        let own = whole.strip_prefix(OWN_TAGS);
        let is_known = own.is_some_and(|own| {
            matches!(
                own,
                "null" | "bool" | "int" | "float" | "str" | "map" | "seq"
            )
        });
        if is_known || whole.starts_with('!') {
            continue;
        }
        let written = own.map_or_else(|| format!("!<{whole}>"), |own| format!("!!{own}"));
        let rest = text.get(from..).unwrap_or_default();
        let start = from + rest.find(&written).unwrap_or_default();
        from = start;
        let bytes = Part::Bytes {
            start,
            end: start + written.len(),
        };
        problems.push(
            Problem::error(Code::Tag, format!("the tag `{written}` means nothing here"))
                .at(place(source, 0, bytes), "a tag")
                .help("take the tag away, or put the text in quotes"),
        );
        from = (from + written.len()).min(text.len());
    }
    problems
}

fn not_utf8(source: &Source, at: usize) -> Problem {
    let bytes = Part::Bytes {
        start: at,
        end: at + char::REPLACEMENT_CHARACTER.len_utf8(),
    };
    let help = if source.text.contains('\0') || at == 0 {
        "this looks like UTF-16 or a binary file; save it as UTF-8"
    } else {
        "save the file as UTF-8"
    };
    Problem::error(Code::NotUtf8, "the file is not UTF-8")
        .at(
            place(source, 0, bytes),
            "this byte begins no UTF-8 character",
        )
        .help(help)
}

fn depth_problem(source: &Source, at: usize) -> Problem {
    let bytes = Part::Bytes {
        start: at,
        end: at + 1,
    };
    Problem::error(
        Code::TooDeep,
        format!("the file nests more than {MAX_DEPTH} levels deep"),
    )
    .at(place(source, 0, bytes), "one level too many")
    .help("no manifest needs more than ten levels; look for a bracket that is never closed")
}

fn place(source: &Source, document: u32, part: Part) -> Place {
    Place {
        file: Arc::clone(&source.name),
        document,
        pointer: String::new(),
        part,
    }
}

/// The problem of a text that nests too deep for the parser to be let near it.
///
/// Brackets are counted first; only a text with suspiciously many of them is walked exactly.
fn too_deep(source: &Source) -> Option<Problem> {
    let text = &source.text;
    let (mut open, mut most, mut total) = (0_usize, 0_usize, 0_usize);
    for byte in text.bytes() {
        match byte {
            b'[' | b'{' => {
                open += 1;
                total += 1;
                most = most.max(open);
            }
            b']' | b'}' => open = open.saturating_sub(1),
            _ => {}
        }
    }
    if most <= 4 * MAX_DEPTH && total <= MANY_BRACKETS {
        return None;
    }
    let byte = |character| {
        text.char_indices()
            .nth(character)
            .map_or(text.len(), |(at, _)| at)
    };
    let mut depth = 0_usize;
    for event in Parser::new_from_str(text) {
        match event {
            Ok((Event::MappingStart(..) | Event::SequenceStart(..), span)) => {
                depth += 1;
                if depth > MAX_DEPTH {
                    return Some(depth_problem(source, byte(span.start.index())));
                }
            }
            Ok((Event::MappingEnd | Event::SequenceEnd, _)) => depth = depth.saturating_sub(1),
            Ok(_) => {}
            Err(error) if error.info().contains("recursion limit") => {
                return Some(depth_problem(source, byte(error.marker().index())));
            }
            Err(error) => {
                let start = byte(error.marker().index());
                let bytes = Part::Bytes {
                    start,
                    end: start + 1,
                };
                let message = format!("this is not valid YAML: {}", error.info());
                return Some(
                    Problem::error(Code::InvalidYaml, message)
                        .at(place(source, 0, bytes), "the reader stopped here"),
                );
            }
        }
    }
    None
}

/// A place that libyaml names: line and column, both from 1 and in characters.
fn offset(text: &str, line: usize, column: usize) -> usize {
    let start = if line <= 1 {
        0
    } else {
        text.match_indices('\n')
            .nth(line - 2)
            .map_or(text.len(), |(at, _)| at + 1)
    };
    let rest = text.get(start..).unwrap_or_default();
    rest.char_indices()
        .nth(column.saturating_sub(1))
        .map_or(text.len(), |(at, _)| start + at)
}

/// The line and column at the end of a sentence of libyaml, and the sentence without them.
fn split_mark(sentence: &str) -> (&str, Option<(usize, usize)>) {
    let Some((before, mark)) = sentence.rsplit_once(" at line ") else {
        return (sentence, None);
    };
    let mark = mark
        .split_once(" column ")
        .and_then(|(line, column)| Some((line.parse().ok()?, column.parse().ok()?)));
    (before, mark)
}

fn syntax(source: &Source, error: &serde_yaml::Error) -> Problem {
    let text = &source.text;
    let sentence = error.to_string();
    if sentence.contains(TOO_MANY) || sentence.contains("repetition limit") {
        return Problem::error(
            Code::AliasBomb,
            "aliases repeat the file's values too often",
        )
        .at(Place::file(Arc::clone(&source.name)), "")
        .help("write the values out, or nest fewer aliases");
    }
    let location = error
        .location()
        .map(|location| offset(text, location.line(), location.column()));
    if sentence.starts_with("recursion limit") {
        return depth_problem(source, location.unwrap_or_default());
    }
    let (problem, context) = match sentence.split_once(", while ") {
        Some((problem, context)) => (problem, Some(context)),
        None => (sentence.as_str(), None),
    };
    let (mut words, mark) = split_mark(problem);
    let mut start = mark
        .map(|(line, column)| offset(text, line, column))
        .or(location)
        .unwrap_or_default();
    if let Some((before, position)) = words.split_once(" at position ") {
        start = position.parse().unwrap_or(start);
        words = before;
    }
    // libyaml stops at the end of the file; the label belongs to the last thing that is there.
    if text.get(start..).is_none_or(|rest| rest.trim().is_empty()) {
        let trimmed = text.trim_end();
        start = trimmed.char_indices().last().map_or(0, |(at, _)| at);
    }
    if let Some(slip) = slips::before(text, start, words) {
        return slipped(source, slip);
    }
    let width = text
        .get(start..)
        .and_then(|rest| rest.chars().next())
        .map_or(0, char::len_utf8);
    let bytes = Part::Bytes {
        start,
        end: start + width,
    };
    let mut report = Problem::error(
        Code::InvalidYaml,
        format!("this is not valid YAML: {words}"),
    )
    .at(place(source, 0, bytes), "the reader stopped here");
    if let Some((while_, Some((line, column)))) = context.map(split_mark) {
        let at = offset(text, line, column);
        if at != start {
            let bytes = Part::Bytes {
                start: at,
                end: at + 1,
            };
            report = report.at(place(source, 0, bytes), format!("while {while_}"));
        }
    }
    match yaml_help(text, start, words) {
        Some(help) => report.help(help),
        None => report,
    }
}

/// The problem of a text that is not the YAML that was meant.
fn slipped(source: &Source, slip: Slip) -> Problem {
    let Slip {
        at,
        message,
        label,
        help,
    } = slip;
    let bytes = Part::Bytes {
        start: at.start,
        end: at.end,
    };
    Problem::error(Code::InvalidYaml, message)
        .at(place(source, 0, bytes), label)
        .help(help)
}

/// What helps where no slip is known.
fn yaml_help(text: &str, at: usize, words: &str) -> Option<&'static str> {
    let line = text.get(..at).unwrap_or_default();
    let line = line.rsplit('\n').next().unwrap_or_default();
    let next = text.get(at..).and_then(|rest| rest.chars().next());
    let help = if next == Some('\t') || line.starts_with('\t') {
        "indent with spaces; YAML allows no tabs there"
    } else if words.starts_with("mapping values are not allowed") {
        if line.contains(": ") {
            "put a text that holds `: ` in quotes, or check the indentation"
        } else {
            "check the indentation of this line and of the one above: fields of one map begin in one column"
        }
    } else if words.starts_with("found character that cannot start") {
        "put a text that begins with this character in quotes"
    } else if words.starts_with("unknown anchor") {
        "define it with `&name` before it is used, or put the text in quotes"
    } else if words.starts_with("did not find expected ',' or") {
        "close the bracket, or put a comma between the items"
    } else if words.starts_with("found unexpected end of stream") {
        "close the quotes"
    } else if words.starts_with("found unknown escape") {
        "write `\\\\` for a backslash, or use single quotes"
    } else if words.starts_with("control characters") {
        "write it as an escape such as \"\\x01\" in double quotes"
    } else if words.starts_with("did not find expected key")
        || words.starts_with("did not find expected '-'")
    {
        "check the indentation: keys of one map begin in one column"
    } else if words.contains("a key that is a text") {
        "give the entry a plain key"
    } else {
        return None;
    };
    Some(help)
}

/// Refuses tags and equal keys, and carries out merges.
struct Tidy<'a> {
    reading: &'a Reading<'a>,
    source: &'a Source,
    document: u32,
    places: Option<Places>,
    problems: Vec<Problem>,
}

/// Keys up to which every one is compared with every other.
const FEW: usize = 16;

impl Tidy<'_> {
    fn place(&self, at: At<'_>, part: Part) -> Place {
        Place {
            file: Arc::clone(&self.source.name),
            document: self.document,
            pointer: at.pointer(),
            part,
        }
    }

    fn value(&mut self, raw: &mut Raw, at: At<'_>) {
        match raw {
            Raw::Tagged(tag) => {
                let problem =
                    Problem::error(Code::Tag, format!("the tag `!{tag}` means nothing here"))
                        .at(self.place(at, Part::Value), "a tagged value")
                        .help("take the tag away, or put the text in quotes");
                self.problems.push(problem);
            }
            Raw::List(items) => {
                for (index, item) in items.iter_mut().enumerate() {
                    self.value(item, at.index(index));
                }
            }
            Raw::Map(entries) => {
                self.equal_keys(entries, at);
                for (key, value) in entries.iter_mut() {
                    let key = Arc::clone(key);
                    self.value(value, at.key(&key));
                }
                self.merge(entries, at);
            }
            _ => {}
        }
    }

    fn equal_keys(&mut self, entries: &[(Arc<str>, Raw)], at: At<'_>) {
        let mut doubles: Vec<&str> = Vec::new();
        if entries.len() <= FEW {
            for (index, (key, _)) in entries.iter().enumerate() {
                if entries[..index].iter().any(|(other, _)| other == key) {
                    doubles.push(key);
                }
            }
        } else {
            let mut seen: HashSet<&str> = HashSet::with_capacity(entries.len());
            doubles.extend(
                entries
                    .iter()
                    .map(|(key, _)| &**key)
                    .filter(|key| !seen.insert(key)),
            );
        }
        doubles.sort_unstable();
        doubles.dedup();
        for key in doubles {
            let here = at.key(key);
            let pointer = here.pointer();
            let keys = self
                .places
                .get_or_insert_with(|| Places::of(&self.source.text))
                .keys(self.document, &pointer);
            let mut problem = Problem::error(
                Code::DuplicateKey,
                format!("the key `{key}` stands here twice"),
            );
            if let [first, again, ..] = keys.as_slice() {
                for (range, words) in [(again, "here again"), (first, "first here")] {
                    problem = problem.at(
                        Place {
                            part: Part::Bytes {
                                start: range.start,
                                end: range.end,
                            },
                            ..self.place(here, Part::Key)
                        },
                        words,
                    );
                }
            } else {
                problem = problem.at(self.place(here, Part::Key), "");
            }
            self.problems
                .push(problem.help("keep one of them, or give one another name"));
        }
    }

    /// Carries out `<<: *anchor`, with the map's own keys first.
    fn merge(&mut self, entries: &mut Vec<(Arc<str>, Raw)>, at: At<'_>) {
        let Some(index) = entries.iter().position(|(key, _)| self.reading.merges(key)) else {
            return;
        };
        let (_, merged) = entries.remove(index);
        let maps = match merged {
            Raw::List(items) => items,
            one => vec![one],
        };
        for map in maps {
            let Raw::Map(more) = map else {
                let problem = Problem::error(
                    Code::Merge,
                    format!("`<<` merges a map or a list of maps, not {}", map.what()),
                )
                .at(self.place(at.key("<<"), Part::Value), "")
                .help("write `<<: *anchor`, where the anchor stands at a map");
                self.problems.push(problem);
                continue;
            };
            let own: HashSet<Arc<str>> = entries.iter().map(|(key, _)| Arc::clone(key)).collect();
            entries.extend(more.into_iter().filter(|(key, _)| !own.contains(key)));
        }
    }
}

#[cfg(test)]
mod tests {
    use std::fmt::Write as _;

    use super::*;

    fn load(text: &str) -> Result<Vec<(u32, Raw)>, Vec<Problem>> {
        documents(&Source::new("t.yaml", text.as_bytes()), "write something")
    }

    fn code(text: &str) -> Code {
        load(text).unwrap_err()[0].code
    }

    #[test]
    fn files_are_bounded() {
        assert_eq!(code(&"[".repeat(100_000)), Code::TooDeep);
        assert_eq!(code(&"{a: ".repeat(100_000)), Code::TooDeep);
        assert_eq!(code(&"- ".repeat(100_000)), Code::TooDeep);
        assert_eq!(code(&"{\"}\": ".repeat(60_000)), Code::TooDeep);
        let mut bomb = String::from("a: &a [x, x, x, x, x, x, x, x, x, x]\n");
        for (this, last) in ('b'..='j').zip('a'..) {
            let aliases = vec![format!("*{last}"); 10].join(", ");
            bomb.extend([format!("{this}: &{this} [{aliases}]\n")]);
        }
        assert_eq!(code(&bomb), Code::AliasBomb);
    }

    /// What stands in a value of a manifest, in every form that may go over several lines.
    const VALUES: &[&str] = &[
        "1.10",
        "+49",
        "'x'",
        "{a: 1, b: [x]}",
        "{a: 1,\n  b: 2}",
        "\"one\n  two: three\"",
        "'one\n  two: three'",
        "[a,\n  b]",
        "|\n    text: a\n    more\n",
        ">-\n   folded\n",
        "\n    c: 1\n    d: 2",
        "\n    plain\n    text",
        "&x {a: 1}",
        "*x",
        "{<<: *x, b: 2}",
        "~",
        "",
        "!t x",
        "x # comment",
        "\n# comment\n    c: 1",
    ];

    proptest::proptest! {
        /// What is read in portions is what is read whole, or is left to that.
        #[test]
        fn portions_mean_what_the_whole_means(
            roots in proptest::collection::vec(
                (
                    proptest::sample::select(vec!["a:", "b:", "a: ", "\"q\":", "b: {x: 1}", "c: |", "# d", "---", "a: &r"]),
                    proptest::collection::vec(
                        (
                            proptest::sample::select(vec!["  ", "   ", " ", "  - ", "", "  ? "]),
                            proptest::sample::select(vec!["x", "y", "<<", "\"z\"", "3", "true"]),
                            proptest::sample::select(VALUES),
                        ),
                        0..6,
                    ),
                ),
                1..5,
            ),
            end in proptest::sample::select(vec!["\n", "\r\n"]),
            size in 1_usize..60,
        ) {
            let mut text = String::new();
            for (root, entries) in roots {
                text.extend([root, "\n"]);
                for (indentation, key, value) in entries {
                    text.extend([indentation, key, ": ", value, "\n"]);
                }
            }
            let text = text.replace('\n', end);
            let reading = Reading::new(&text);
            if let Some(root) = in_portions(&reading, &text, size) {
                let whole = whole(&Reading::new(&text), &text);
                proptest::prop_assert_eq!(whole.unwrap(), [(0, root)]);
            }
        }
    }

    #[test]
    fn long_documents_are_read_in_portions() {
        let mut text = String::from("a:\n");
        for n in 0..50_000 {
            writeln!(text, "  h{n}: {{v: 0{n}}}").expect("a text");
        }
        let reading = Reading::new(&text);
        let read = in_portions(&reading, &text, PORTION).expect("portions");
        assert_eq!(vec![(0, read)], whole(&reading, &text).expect("a document"));
    }

    #[test]
    fn many_brackets_are_fine() {
        let text = format!("a:\n{}", "- [x, {y: z}]\n".repeat(30_000));
        assert!(load(&text).is_ok());
    }

    #[test]
    fn documents_are_numbered_and_empty_ones_left_out() {
        let documents = load("---\na: 1\n---\n---\n# nothing\n---\nb: 1\n").unwrap();
        let numbers: Vec<u32> = documents.iter().map(|(number, _)| *number).collect();
        assert_eq!(numbers, [0, 3]);
    }

    #[test]
    fn merges_give_way_to_own_keys() {
        let documents = load("a: &a {x: 1, y: 2}\nb: {y: 3, <<: *a}\n").unwrap();
        assert_eq!(
            documents[0].1.get("b"),
            Some(&super::super::raw::read("{y: 3, x: 1}"))
        );
        assert_eq!(code("a: {<<: 3}"), Code::Merge);
        let quoted = load("a: {\"<<\": {b: 1}, '<<': 2}\n").unwrap_err();
        assert_eq!(quoted[0].code, Code::DuplicateKey);
        for quoted in ["\"<<\"", "'<<'"] {
            let documents = load(&format!("a: {{{quoted}: {{b: 1}}}}\n")).unwrap();
            assert!(documents[0].1.get("a").unwrap().get("<<").is_some());
        }
    }
}
