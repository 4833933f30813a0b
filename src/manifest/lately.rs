//! The row of a table in which something was placed last: where one thing is wrong there often more is, and
//! a row may be long.

use std::ops::Range;
use std::sync::{Mutex, PoisonError};

use super::table::ITEMS;
use crate::yaml::cells::{Cell, cells};

/// What is known of the row in which something was placed last.
#[derive(Debug, Default)]
pub(super) struct Lately(Mutex<Row>);

/// What was looked at makes no other table.
impl PartialEq for Lately {
    fn eq(&self, _: &Self) -> bool {
        true
    }
}

impl Eq for Lately {}

#[derive(Debug, Default)]
struct Row {
    /// Where it begins, and its cells.
    cells: Option<(usize, Vec<Cell>)>,
    /// A cell that holds a list, and the places of its items.
    items: Option<(usize, Vec<Range<usize>>)>,
    /// How many times a row or a cell was gone through.
    #[cfg(test)]
    looks: usize,
}

impl Lately {
    /// The place of a cell of a row, or of an item of the list in it; of the first cell where the row has no
    /// such cell.
    pub(super) fn find(
        &self,
        (text, row, delimiter): (&str, usize, u8),
        cell: usize,
        item: Option<usize>,
    ) -> Range<usize> {
        let mut lately = self.0.lock().unwrap_or_else(PoisonError::into_inner);
        let Row {
            cells: known,
            items: list,
            #[cfg(test)]
            looks,
        } = &mut *lately;
        if known.as_ref().is_none_or(|(start, _)| *start != row) {
            *known = Some((row, cells(text, row, delimiter)));
            *list = None;
            #[cfg(test)]
            {
                *looks += 1;
            }
        }
        let cells = known.as_ref().map_or(&[][..], |(_, cells)| cells);
        let index = if cell < cells.len() { cell } else { 0 };
        let range = cells.get(index).map_or(0..0, |cell| cell.range.clone());
        let Some(item) = item else {
            return range;
        };
        if list.as_ref().is_none_or(|(of, _)| *of != index) {
            *list = Some((index, items(text, range.clone())));
            #[cfg(test)]
            {
                *looks += 1;
            }
        }
        let found = list.as_ref().and_then(|(_, items)| items.get(item));
        found.cloned().unwrap_or(range)
    }
}

/// Where the items of a list stand in its cell.
fn items(text: &str, cell: Range<usize>) -> Vec<Range<usize>> {
    let text = text.get(cell.clone()).unwrap_or_default();
    let inside = text.strip_prefix('"').unwrap_or(text);
    let mut at = cell.start + text.len() - inside.len();
    let inside = inside.strip_suffix('"').unwrap_or(inside);
    let place = |item: &str| {
        let start = at + item.len() - item.trim_start().len();
        at += item.len() + ITEMS.len_utf8();
        start..start + item.trim().len()
    };
    inside.split(ITEMS).map(place).collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn a_row_is_gone_through_once_for_all_that_is_wrong_in_it() {
        let names: Vec<String> = (0..10_000).map(|number| format!("d{number}")).collect();
        let text = format!("name,departments\nA,\"{}\"\nB,x\n", names.join("; "));
        let lately = Lately::default();
        let row = (&*text, 17, b',');
        for (index, name) in names.iter().enumerate() {
            assert_eq!(&text[lately.find(row, 1, Some(index))], name);
        }
        assert_eq!(&text[lately.find(row, 0, None)], "A");
        // Of the row one look, and one of the cell.
        assert_eq!(lately.0.lock().unwrap().looks, 2);
        let next = (&*text, text.len() - 4, b',');
        assert_eq!(&text[lately.find(next, 1, Some(0))], "x");
        assert_eq!(&text[lately.find(next, 7, None)], "B");
        assert_eq!(lately.0.lock().unwrap().looks, 4);
    }
}
