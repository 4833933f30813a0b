//! What an export says of what it left out or replaced: one line a reason.

use crate::problem::listed;

/// How many resources a line names; the rest is counted.
const NAMED: usize = 5;

/// Remarks, each a reason with the resources that it is about.
#[derive(Debug, Clone, PartialEq, Eq, Default)]
pub struct Notes(Vec<(String, Vec<String>)>);

impl Notes {
    /// Says something of a resource; what is said of several with the same words becomes one line.
    pub fn add(&mut self, about: String, what: String) {
        match self.0.iter_mut().find(|(told, _)| *told == what) {
            Some((_, all)) => all.push(about),
            None => self.0.push((what, vec![about])),
        }
    }

    /// Says something that is about no single resource.
    pub fn tell(&mut self, what: String) {
        self.0.push((what, Vec::new()));
    }

    /// The lines about no single resource.
    #[must_use]
    pub fn general(&self) -> Vec<String> {
        let all = self.0.iter().filter(|(_, about)| about.is_empty());
        all.map(|(what, _)| what.clone()).collect()
    }

    /// The lines, in the order in which the reasons came up.
    #[must_use]
    pub fn lines(&self) -> Vec<String> {
        let line = |(what, about): &(String, Vec<String>)| {
            if about.is_empty() {
                return what.clone();
            }
            let mut named: Vec<String> = about.iter().take(NAMED).cloned().collect();
            if about.len() > NAMED {
                named.push(format!("{} more", about.len() - NAMED));
            }
            format!("{}: {what}", listed(&named, "and"))
        };
        self.0.iter().map(line).collect()
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn one_line_a_reason() {
        let mut notes = Notes::default();
        for number in 1..=7 {
            notes.add(format!("`contacts/{number}`"), "odd".to_owned());
            notes.add(
                format!("`accounts/{number}`"),
                format!("odd {}", number % 2),
            );
        }
        notes.tell("3 roles left out".to_owned());
        assert_eq!(
            notes.lines(),
            [
                "`contacts/1`, `contacts/2`, `contacts/3`, `contacts/4`, `contacts/5` and 2 more: odd",
                "`accounts/1`, `accounts/3`, `accounts/5` and `accounts/7`: odd 1",
                "`accounts/2`, `accounts/4` and `accounts/6`: odd 0",
                "3 roles left out",
            ]
        );
    }
}
