//! Ways into values.

use std::borrow::Cow;
use std::fmt;
use std::sync::Arc;

/// Names a field of a resource, or what stands inside its value.
#[derive(Debug, Clone, PartialEq, Eq, Hash, PartialOrd, Ord)]
pub struct FieldPath {
    /// The field.
    pub field: &'static str,
    /// The keys of the maps on the way down; none where the whole field is meant.
    pub below: Box<[Arc<str>]>,
}

impl FieldPath {
    /// Names a whole field.
    #[must_use]
    pub fn of(field: &'static str) -> Self {
        Self {
            field,
            below: Box::default(),
        }
    }

    /// Names what stands under a key of what this path names.
    #[must_use]
    pub fn child(&self, key: &str) -> Self {
        let below = self.below.iter().cloned().chain([Arc::from(key)]);
        Self {
            field: self.field,
            below: below.collect(),
        }
    }

    /// Writes the path as a JSON Pointer (RFC 6901).
    #[must_use]
    pub fn pointer(&self) -> String {
        pointer(std::iter::once(self.field).chain(self.below.iter().map(|key| &**key)))
    }
}

/// The path for people, with ` › ` between its parts.
impl fmt::Display for FieldPath {
    fn fmt(&self, f: &mut fmt::Formatter<'_>) -> fmt::Result {
        f.write_str(self.field)?;
        for key in &self.below {
            write!(f, " › {key}")?;
        }
        Ok(())
    }
}

/// Writes keys as a JSON Pointer (RFC 6901).
#[must_use]
pub fn pointer<'k>(keys: impl IntoIterator<Item = &'k str>) -> String {
    let mut out = String::new();
    for key in keys {
        out.push('/');
        if key.contains(['~', '/']) {
            out.push_str(&key.replace('~', "~0").replace('/', "~1"));
        } else {
            out.push_str(key);
        }
    }
    out
}

/// Reads the keys of a JSON Pointer (RFC 6901).
pub fn keys(pointer: &str) -> impl Iterator<Item = Cow<'_, str>> {
    let parts = pointer.strip_prefix('/').into_iter();
    let plain = |key: &'_ str| key.replace("~1", "/").replace("~0", "~");
    parts.flat_map(|rest| rest.split('/')).map(move |key| {
        if key.contains('~') {
            plain(key).into()
        } else {
            key.into()
        }
    })
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn pointers_are_read_as_they_are_written() {
        let path = FieldPath::of("cf").child("a/b").child("~1");
        assert_eq!(path.pointer(), "/cf/a~1b/~01");
        assert_eq!(path.to_string(), "cf › a/b › ~1");
        let pointer = path.pointer();
        let read: Vec<_> = keys(&pointer).collect();
        assert_eq!(read, ["cf", "a/b", "~1"]);
        assert_eq!(keys("").count(), 0);
    }
}
