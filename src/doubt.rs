//! What the facts of the API leave open, and the ways in which each may be read.
//!
//! Where a fact is silent deskform does what is right under every reading. The simulator answers under
//! whichever is chosen, and `doctor` finds out which one holds in an organization. So each doubtful fact
//! has one name, here.

/// A fact that nobody has published, or that sources tell in more than one way.
#[derive(Debug, PartialEq, Eq)]
pub struct Doubt {
    /// Its name on command lines and in reports.
    pub name: &'static str,
    /// What it is about, as a question.
    pub question: &'static str,
    /// The ways to read it.
    pub readings: &'static [Reading],
}

/// One way to read a doubtful fact.
#[derive(Debug, PartialEq, Eq)]
pub struct Reading {
    /// Its name on command lines and in reports.
    pub name: &'static str,
    /// What holds then.
    pub doc: &'static str,
}

const fn is(name: &'static str, doc: &'static str) -> Reading {
    Reading { name, doc }
}

/// What `from` of a page counts from. Some operations say 0, some say 1, most say nothing.
pub static PAGES: Doubt = Doubt {
    name: "pages",
    question: "what does `from` count from in pages of a listing?",
    readings: &[
        is("0", "the first object is number 0"),
        is("1", "the first object is number 1"),
    ],
};

/// Two tables of the prices of API credits are in circulation.
pub static PRICES: Doubt = Doubt {
    name: "prices",
    question: "what does a page cost that lies more than 2,000 objects deep?",
    readings: &[
        is("lower", "5 credits up to 10,000 objects, 10 up to 50,000"),
        is("higher", "10 credits up to 10,000 objects, 50 up to 50,000"),
    ],
};

/// What Zoho publishes as OpenAPI has no headers of limits; only users tell of them. The guide has some.
pub static LIMITS: Doubt = Doubt {
    name: "limits",
    question: "do answers tell what a call costs and what is left?",
    readings: &[
        is("told", "headers tell it"),
        is("untold", "no header tells it"),
    ],
};

/// The field is described; editions are named in more than one way.
pub static EDITION: Doubt = Doubt {
    name: "edition",
    question: "does the organization show its edition?",
    readings: &[
        is("shown", "as a word that deskform knows"),
        is("unshown", "not at all, or as another word"),
    ],
};

/// Source: Layout, `updateLayout`, which does not say it.
pub static SECTIONS: Doubt = Doubt {
    name: "layout-sections",
    question: "what becomes of sections and fields of a layout that a PATCH leaves out?",
    readings: &[is("lost", "they are dropped"), is("kept", "they stay")],
};

/// Of settings, of what is changed by a PUT, and of targets of rules.
pub static LEFT_OUT: Doubt = Doubt {
    name: "left-out",
    question: "what becomes of what a change leaves out, where the change may replace everything?",
    readings: &[is("lost", "it falls back"), is("kept", "it stays")],
};

/// Examples show all three.
pub static EMPTY_VALUES: Doubt = Doubt {
    name: "empty-values",
    question: "how do answers show what an object does not have?",
    readings: &[
        is("null", "as `null` alone"),
        is("left-out", "not at all"),
        is("mixed", "in more than one way"),
    ],
};

/// Users tell of both.
pub static EMPTY_LISTS: Doubt = Doubt {
    name: "empty-lists",
    question: "with which status is an empty listing answered?",
    readings: &[is("204", "204"), is("200", "200")],
};

/// Schemas allow both.
pub static IDS: Doubt = Doubt {
    name: "ids",
    question: "how do answers write ids?",
    readings: &[is("texts", "as texts"), is("numbers", "as numbers")],
};

/// Schemas and examples differ.
pub static FLAGS: Doubt = Doubt {
    name: "flags",
    question: "how do answers write flags?",
    readings: &[
        is("booleans", "as `true` and `false`"),
        is("texts", "as the texts `true` and `false`"),
    ],
};

/// Schemas and examples differ.
pub static DAYS: Doubt = Doubt {
    name: "days",
    question: "how do answers write days?",
    readings: &[
        is("texts", "as `2027-06-30`"),
        is("numbers", "as milliseconds since 1970"),
    ],
};

/// Nothing is published on it.
pub static ADDRESSES: Doubt = Doubt {
    name: "addresses",
    question: "what becomes of capitals in e-mail addresses?",
    readings: &[
        is("kept", "they are stored as they are"),
        is("lowered", "they are stored in lower case"),
    ],
};

/// For some kinds no description says it.
pub static DUPLICATES: Doubt = Doubt {
    name: "duplicates",
    question: "is a second object of a name that is in use refused?",
    readings: &[is("refused", "it is refused"), is("taken", "it is made")],
};

/// Every doubtful fact that has more than one reading in the simulator.
pub static ALL: [&Doubt; 13] = [
    &PAGES,
    &PRICES,
    &LIMITS,
    &EDITION,
    &SECTIONS,
    &LEFT_OUT,
    &EMPTY_VALUES,
    &EMPTY_LISTS,
    &IDS,
    &FLAGS,
    &DAYS,
    &ADDRESSES,
    &DUPLICATES,
];

impl Doubt {
    /// Finds the doubtful fact of a name.
    #[must_use]
    pub fn named(name: &str) -> Option<&'static Self> {
        ALL.into_iter().find(|doubt| doubt.name == name)
    }

    /// Finds one of its readings.
    #[must_use]
    pub fn reading(&self, name: &str) -> Option<&'static Reading> {
        self.readings.iter().find(|reading| reading.name == name)
    }
}
