//! Named leaves in sorted order, kept in no more room than they need: nearly all maps hold a few.

use std::fmt;
use std::sync::Arc;

use super::Value;

/// Named values in the order of their names; a name stands there once.
#[derive(Clone, PartialEq, Default)]
pub struct Leaves(Vec<(Arc<str>, Value)>);

impl Leaves {
    /// No leaves.
    #[must_use]
    pub const fn new() -> Self {
        Self(Vec::new())
    }

    fn find(&self, key: &str) -> Result<usize, usize> {
        self.0.binary_search_by(|(name, _)| (**name).cmp(key))
    }

    /// The value of a leaf.
    #[must_use]
    pub fn get(&self, key: &str) -> Option<&Value> {
        let index = self.find(key).ok()?;
        self.0.get(index).map(|(_, value)| value)
    }

    /// The value of a leaf for changing.
    pub fn get_mut(&mut self, key: &str) -> Option<&mut Value> {
        let index = self.find(key).ok()?;
        self.0.get_mut(index).map(|(_, value)| value)
    }

    /// Whether there is a leaf of that name.
    #[must_use]
    pub fn contains_key(&self, key: &str) -> bool {
        self.find(key).is_ok()
    }

    /// Sets a leaf, and returns what it was before.
    pub fn insert(&mut self, key: impl Into<Arc<str>>, value: Value) -> Option<Value> {
        let key = key.into();
        match self.find(&key) {
            Ok(index) => self
                .0
                .get_mut(index)
                .map(|(_, slot)| std::mem::replace(slot, value)),
            Err(index) => {
                if self.0.is_empty() {
                    self.0.reserve_exact(1);
                }
                self.0.insert(index, (key, value));
                None
            }
        }
    }

    /// The value of a leaf for changing, made first where there is none.
    pub fn get_or_insert(&mut self, key: &str, new: impl FnOnce() -> Value) -> Option<&mut Value> {
        if !self.contains_key(key) {
            self.insert(key, new());
        }
        self.get_mut(key)
    }

    /// Takes a leaf out.
    pub fn remove(&mut self, key: &str) -> Option<Value> {
        let index = self.find(key).ok()?;
        Some(self.0.remove(index).1)
    }

    /// Keeps the leaves of which `keep` says so.
    pub fn retain(&mut self, mut keep: impl FnMut(&str, &mut Value) -> bool) {
        self.0.retain_mut(|(key, value)| keep(key, value));
    }

    /// The leaves in order.
    #[must_use]
    pub fn iter(&self) -> impl DoubleEndedIterator<Item = (&str, &Value)> {
        self.0.iter().map(|(key, value)| (&**key, value))
    }

    /// The names in order.
    #[must_use]
    pub fn keys(&self) -> impl DoubleEndedIterator<Item = &str> {
        self.0.iter().map(|(key, _)| &**key)
    }

    /// The values in the order of their names.
    #[must_use]
    pub fn values(&self) -> impl DoubleEndedIterator<Item = &Value> {
        self.0.iter().map(|(_, value)| value)
    }

    /// The leaves in order, their values for changing.
    pub fn iter_mut(&mut self) -> impl DoubleEndedIterator<Item = (&str, &mut Value)> {
        self.0.iter_mut().map(|(key, value)| (&**key, value))
    }

    /// How many leaves there are.
    #[must_use]
    pub const fn len(&self) -> usize {
        self.0.len()
    }

    /// Whether there is none.
    #[must_use]
    pub const fn is_empty(&self) -> bool {
        self.0.is_empty()
    }
}

impl fmt::Debug for Leaves {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.debug_map().entries(self.iter()).finish()
    }
}

impl<K: Into<Arc<str>>> Extend<(K, Value)> for Leaves {
    fn extend<I: IntoIterator<Item = (K, Value)>>(&mut self, leaves: I) {
        let old = self.0.len();
        self.0
            .extend(leaves.into_iter().map(|(key, value)| (key.into(), value)));
        let sorted = self.0.windows(2).all(|pair| match pair {
            [(first, _), (second, _)] => first < second,
            _ => true,
        });
        if sorted || old == self.0.len() {
            return;
        }
        // Of two of one name the later one stays: the sort keeps their order.
        self.0.sort_by(|(a, _), (b, _)| a.cmp(b));
        self.0.dedup_by(|later, first| {
            let same = later.0 == first.0;
            if same {
                std::mem::swap(later, first);
            }
            same
        });
    }
}

impl<K: Into<Arc<str>>> FromIterator<(K, Value)> for Leaves {
    fn from_iter<I: IntoIterator<Item = (K, Value)>>(leaves: I) -> Self {
        let mut all = Self::new();
        all.extend(leaves);
        all.0.shrink_to_fit();
        all
    }
}

impl<K: Into<Arc<str>>, const N: usize> From<[(K, Value); N]> for Leaves {
    fn from(leaves: [(K, Value); N]) -> Self {
        leaves.into_iter().collect()
    }
}

impl IntoIterator for Leaves {
    type Item = (Arc<str>, Value);
    type IntoIter = std::vec::IntoIter<(Arc<str>, Value)>;

    fn into_iter(self) -> Self::IntoIter {
        self.0.into_iter()
    }
}

impl<'l> IntoIterator for &'l Leaves {
    type Item = (&'l str, &'l Value);
    type IntoIter = std::iter::Map<
        std::slice::Iter<'l, (Arc<str>, Value)>,
        fn(&'l (Arc<str>, Value)) -> (&'l str, &'l Value),
    >;

    fn into_iter(self) -> Self::IntoIter {
        self.0.iter().map(|(key, value)| (&**key, value))
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn leaves_are_sorted_and_the_last_of_a_name_stays() {
        let one = |text| Value::text(text);
        let mut leaves = Leaves::from([
            ("b", one("1")),
            ("a", one("2")),
            ("b", one("3")),
            ("c", one("4")),
            ("b", one("5")),
        ]);
        let expected = Leaves(vec![
            ("a".into(), one("2")),
            ("b".into(), one("5")),
            ("c".into(), one("4")),
        ]);
        assert_eq!(leaves, expected);
        assert_eq!(leaves.insert("b", one("6")), Some(one("5")));
        assert_eq!(leaves.insert("aa", one("7")), None);
        assert_eq!(leaves.remove("c"), Some(one("4")));
        assert_eq!(leaves.remove("c"), None);
        leaves.extend([("a", one("8")), ("0", one("9"))]);
        let shown = format!("{leaves:?}");
        assert_eq!(
            shown,
            r#"{"0": Text("9"), "a": Text("8"), "aa": Text("7"), "b": Text("6")}"#
        );
        assert_eq!(leaves.get("aa"), Some(&one("7")));
        assert!(leaves.contains_key("0") && !leaves.contains_key("c"));
    }
}
