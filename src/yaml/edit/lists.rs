//! What becomes of the items of a list that is to be another one: the smaller change.

use serde_json::Value;

use super::super::raw::Raw;
use super::known::is_same;

/// What becomes of an item, by its place before and its place in the wanted list.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub(super) enum Piece {
    /// It is there and stays.
    Keeps(usize),
    /// It becomes another one.
    Becomes(usize, usize),
    /// It is new.
    Added(usize),
}

/// Pairs of items that are compared at most; longer lists are compared place by place.
const MOST: usize = 4_000_000;

/// The wanted list, item by item. What is not named goes.
pub(super) fn pieces(before: &[&Raw], wanted: &[Value]) -> Vec<Piece> {
    let same = |old: usize, new: usize| match (before.get(old), wanted.get(new)) {
        (Some(old), Some(new)) => is_same(new, old),
        _ => false,
    };
    let (olds, news) = (before.len(), wanted.len());
    let shorter = olds.min(news);
    let head = (0..shorter).take_while(|at| same(*at, *at)).count();
    let tail = (0..shorter - head)
        .take_while(|at| same(olds - 1 - at, news - 1 - at))
        .count();
    let mut pieces: Vec<Piece> = (0..head).map(Piece::Keeps).collect();
    let (old_end, new_end) = (olds - tail, news - tail);
    let mut from = (head, head);
    for (old, new) in common((head, old_end), (head, new_end), &same) {
        between(from, (old, new), (before, wanted), &mut pieces);
        pieces.push(Piece::Keeps(old));
        from = (old + 1, new + 1);
    }
    between(from, (old_end, new_end), (before, wanted), &mut pieces);
    pieces.extend((old_end..olds).map(Piece::Keeps));
    pieces
}

/// The longest common part of two stretches.
fn common(
    (old_start, old_end): (usize, usize),
    (new_start, new_end): (usize, usize),
    same: &dyn Fn(usize, usize) -> bool,
) -> Vec<(usize, usize)> {
    let (rows, columns) = (old_end - old_start, new_end - new_start);
    if rows.saturating_mul(columns) > MOST {
        return Vec::new();
    }
    let width = columns + 1;
    // The length of the longest common part from each pair on.
    let mut longest = vec![0_u32; (rows + 1) * width];
    for row in (0..rows).rev() {
        for column in (0..columns).rev() {
            longest[row * width + column] = if same(old_start + row, new_start + column) {
                longest[(row + 1) * width + column + 1] + 1
            } else {
                longest[(row + 1) * width + column].max(longest[row * width + column + 1])
            };
        }
    }
    let (mut row, mut column) = (0, 0);
    let mut found = Vec::new();
    while row < rows && column < columns {
        let here = longest[row * width + column];
        if same(old_start + row, new_start + column) {
            found.push((old_start + row, new_start + column));
            row += 1;
            column += 1;
        } else if longest[(row + 1) * width + column] == here {
            row += 1;
        } else {
            column += 1;
        }
    }
    found
}

/// What stands between two items that stay: collections become others one by one, and texts go or come,
/// since what is said of a text in a comment does not hold of another one.
fn between(
    (old, new): (usize, usize),
    (old_end, new_end): (usize, usize),
    (before, wanted): (&[&Raw], &[Value]),
    pieces: &mut Vec<Piece>,
) {
    let is_like = |old: usize, new: usize| {
        matches!(
            (before.get(old).map(|old| old.meaning()), wanted.get(new)),
            (Some(Raw::Map(_)), Some(Value::Object(_)))
                | (Some(Raw::List(_)), Some(Value::Array(_)))
        )
    };
    let mut next = old;
    for new in new..new_end {
        if next < old_end && is_like(next, new) {
            pieces.push(Piece::Becomes(next, new));
            next += 1;
        } else {
            pieces.push(Piece::Added(new));
            next += usize::from(next < old_end);
        }
    }
}

#[cfg(test)]
mod tests {
    use serde_json::json;

    use super::Piece::{Added, Becomes, Keeps};
    use super::*;
    use crate::yaml::raw::read;

    fn told(before: &str, wanted: &Value) -> Vec<Piece> {
        let Raw::List(items) = read(before) else {
            panic!("no list")
        };
        let items: Vec<&Raw> = items.iter().collect();
        pieces(&items, wanted.as_array().unwrap())
    }

    #[test]
    fn what_is_common_stays() {
        assert_eq!(
            told("[a, b, c]", &json!(["b", "c", "d"])),
            [Keeps(1), Keeps(2), Added(2)]
        );
        assert_eq!(told("[a, b, c]", &json!(["a", "c"])), [Keeps(0), Keeps(2)]);
        assert_eq!(
            told("[a, b]", &json!(["a", "x", "b"])),
            [Keeps(0), Added(1), Keeps(1)]
        );
        assert_eq!(told("[a]", &json!([])), []);
        assert_eq!(told("[a, b]", &json!(["b", "a"])), [Keeps(1), Added(1)]);
    }

    #[test]
    fn maps_become_others_and_texts_do_not() {
        assert_eq!(
            told("[{a: 1}, x, {b: 1}]", &json!([{"a": 2}, "y", {"b": 1}])),
            [Becomes(0, 0), Added(1), Keeps(2)]
        );
        assert_eq!(
            told("[{a: 1}]", &json!([{"a": 2}, {"a": 3}])),
            [Becomes(0, 0), Added(1)]
        );
    }
}
