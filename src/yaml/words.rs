//! Keys of files with what they mean: one table for the readers, the schemas and `explain`.

/// What a key takes.
#[derive(Debug, Clone, Copy)]
pub enum Takes {
    /// `true` or `false`.
    Flag,
    /// A whole number, from the first to the second.
    Whole(u64, u64),
    /// One of these words.
    Choice(&'static [&'static str]),
    /// What these words say.
    Form(&'static str),
}

/// A key that a file may hold.
#[derive(Debug, Clone, Copy)]
pub struct Word {
    /// The key.
    pub name: &'static str,
    /// What it takes.
    pub takes: Takes,
    /// What it means, in a sentence or two.
    pub doc: &'static str,
}

/// A key that takes `true` or `false`.
pub(crate) const fn flag(name: &'static str, doc: &'static str) -> Word {
    let takes = Takes::Flag;
    Word { name, takes, doc }
}

/// A key that takes a whole number from `min` to `max`.
pub(crate) const fn whole(name: &'static str, min: u64, max: u64, doc: &'static str) -> Word {
    let takes = Takes::Whole(min, max);
    Word { name, takes, doc }
}

/// A key that takes one of some words.
pub(crate) const fn choice(
    name: &'static str,
    words: &'static [&'static str],
    doc: &'static str,
) -> Word {
    let takes = Takes::Choice(words);
    Word { name, takes, doc }
}

/// A key that takes what `form` says.
pub(crate) const fn form(name: &'static str, form: &'static str, doc: &'static str) -> Word {
    let takes = Takes::Form(form);
    Word { name, takes, doc }
}

/// The keys of a table, for its reader: it knows no key that the table does not explain.
pub(crate) const fn names<const N: usize>(words: &[Word; N]) -> [&'static str; N] {
    let mut names = [""; N];
    let mut index = 0;
    while index < N {
        names[index] = words[index].name;
        index += 1;
    }
    names
}

/// What a table says that a key means.
pub(crate) fn doc(words: &[Word], name: &str) -> &'static str {
    let word = words.iter().find(|word| word.name == name);
    word.map_or("", |word| word.doc)
}
