//! Rows: all that planning knows of one address, in one place.
//!
//! Matching makes them, one for every declared resource and one for every live object that goes;
//! ownership says what is wanted of each and what is live; all that comes after only reads them.

use foldhash::HashMap;

use crate::diff::{self, Change, Pair};
use crate::kind::Kind;
use crate::problem::Place;
use crate::state::{Address, Body, Heirs, State};

/// What planning knows of one address.
#[expect(
    clippy::struct_excessive_bools,
    reason = "each says something of its own, and any of them may go with any other"
)]
#[derive(Debug, Clone)]
pub struct Row {
    /// The address.
    pub address: Address,
    /// What it is.
    pub kind: &'static Kind,
    /// What the manifests name, with every reference as an address once it is translated. Nothing for
    /// what is not declared, and for what ownership leaves out since nobody knows what it is.
    pub named: Option<Body>,
    /// What is wanted, with everything that must not be touched copied from live.
    pub wanted: Option<Body>,
    /// The same fields as they are live; of what goes all that is live.
    pub live: Option<Body>,
    /// The live object that the declared resource is, by index.
    pub object: Option<usize>,
    /// Who takes over what hangs on the declared resource once it is removed, as addresses.
    pub heirs: Heirs,
    /// Why a live object of this address goes, if one does.
    pub going: Option<Box<Going>>,
    /// Whether the ledger knew the live object already.
    pub known: bool,
    /// Whether a problem says why nobody knows what it is; never in a plan.
    pub unclear: bool,
    /// Whether it cannot be compared, or not whole, since a secret is missing.
    pub not_compared: bool,
    /// Whether a question about it has no answer, so that it was not compared whole.
    pub unanswered: bool,
}

impl Row {
    fn new(address: Address, kind: &'static Kind) -> Self {
        Self {
            address,
            kind,
            named: None,
            wanted: None,
            live: None,
            object: None,
            heirs: Heirs::new(),
            going: None,
            known: false,
            unclear: false,
            not_compared: false,
            unanswered: false,
        }
    }
}

/// A live object that is to be removed.
#[derive(Debug, Clone, Default)]
pub struct Going {
    /// The object, by index.
    pub object: usize,
    /// The place of the tombstone that names it, or of the declaration that leaves it by a move.
    /// Nothing for what is merely not declared any more.
    pub at: Option<Place>,
    /// Who takes over what hangs on it by its tombstone, as addresses once they are resolved.
    pub heirs: Heirs,
    /// The resource that leaves it, since it moves: the parts go when all parts of the new place are
    /// there.
    pub left_by: Option<Address>,
    /// The resource that owns it besides the object that it is: a run ended between the halves of a
    /// replacement, and this is the half that is to go.
    pub replaced_by: Option<Address>,
}

/// All rows: the declared resources in the order of the manifests, then what goes.
#[derive(Debug, Clone, Default)]
pub struct Rows {
    rows: Vec<Row>,
    /// The place of each address among them.
    places: HashMap<Address, usize>,
}

impl Rows {
    /// Makes a row of every declared resource.
    #[must_use]
    pub fn of(declared: &State) -> Self {
        let mut rows = Self::default();
        rows.rows.reserve_exact(declared.len());
        rows.places.reserve(declared.len());
        for (address, resource) in declared {
            let row = rows.row(address, resource.kind);
            row.named = Some(resource.body.clone());
        }
        rows
    }

    /// Gives the row of an address.
    #[must_use]
    pub fn get(&self, address: &Address) -> Option<&Row> {
        self.rows.get(*self.places.get(address)?)
    }

    /// Gives the row of an address, for changing.
    #[must_use]
    pub fn get_mut(&mut self, address: &Address) -> Option<&mut Row> {
        self.rows.get_mut(*self.places.get(address)?)
    }

    /// Gives the row of an address, a new one at the end where there is none.
    pub fn row(&mut self, address: &Address, kind: &'static Kind) -> &mut Row {
        let end = self.rows.len();
        let place = *self.places.entry(address.clone()).or_insert(end);
        if place == end {
            self.rows.push(Row::new(address.clone(), kind));
        }
        &mut self.rows[place]
    }

    /// Says that a live object of an address goes; of several the last one is told.
    pub(super) fn remove(&mut self, address: &Address, kind: &'static Kind, mut going: Going) {
        let row = self.row(address, kind);
        if let Some(before) = row.going.take().filter(|one| one.object == going.object)
            && going.heirs.is_empty()
        {
            going.heirs = before.heirs;
        }
        row.going = Some(Box::new(going));
    }

    /// Gives all rows in order.
    pub fn iter(&self) -> std::slice::Iter<'_, Row> {
        self.rows.iter()
    }

    /// Gives all rows in order, for changing; their addresses stay as they are.
    pub(super) fn as_mut_slice(&mut self) -> &mut [Row] {
        &mut self.rows
    }

    /// Gives the declared resources that are live, each with its object.
    pub fn objects(&self) -> impl Iterator<Item = (&Row, usize)> {
        self.iter().filter_map(|row| Some((row, row.object?)))
    }

    /// Gives the live object that a declared resource is.
    #[must_use]
    pub fn object(&self, address: &Address) -> Option<usize> {
        self.get(address)?.object
    }

    /// Whether a declared resource is live.
    #[must_use]
    pub fn is_live(&self, address: &Address) -> bool {
        self.object(address).is_some()
    }

    /// Gives what the manifests name of an address.
    #[must_use]
    pub fn named(&self, address: &Address) -> Option<&Body> {
        self.get(address)?.named.as_ref()
    }

    /// Gives what is wanted of an address.
    #[must_use]
    pub fn wanted(&self, address: &Address) -> Option<&Body> {
        self.get(address)?.wanted.as_ref()
    }

    /// Gives what is live of an address, as far as it is compared.
    #[must_use]
    pub fn live(&self, address: &Address) -> Option<&Body> {
        self.get(address)?.live.as_ref()
    }

    /// Gives why a live object of an address goes.
    #[must_use]
    pub fn going(&self, address: &Address) -> Option<&Going> {
        self.get(address)?.going.as_deref()
    }

    /// Lists the addresses that cannot be compared, or not whole, sorted: a secret is missing, or an answer.
    #[must_use]
    pub fn not_compared(&self) -> Vec<&Address> {
        self.sorted(|row| row.not_compared || row.unanswered)
    }

    /// Lists the addresses that cannot be compared since a secret is missing, sorted.
    #[must_use]
    pub fn lacking_secrets(&self) -> Vec<&Address> {
        self.sorted(|row| row.not_compared)
    }

    /// Lists the addresses of which nobody knows what they are, sorted.
    #[must_use]
    pub fn unclear(&self) -> Vec<&Address> {
        self.sorted(|row| row.unclear)
    }

    fn sorted(&self, is_meant: impl Fn(&Row) -> bool) -> Vec<&Address> {
        let meant = self.iter().filter(|row| is_meant(row));
        let mut addresses: Vec<&Address> = meant.map(|row| &row.address).collect();
        addresses.sort_unstable();
        addresses
    }

    /// What has to change so that what is live becomes what is wanted, removals last.
    #[must_use]
    pub fn changes(&self) -> Vec<Change> {
        diff::changes(self.iter().map(|row| Pair {
            address: &row.address,
            wanted: row.wanted.as_ref(),
            live: row.live.as_ref(),
        }))
    }
}

impl<'r> IntoIterator for &'r Rows {
    type Item = &'r Row;
    type IntoIter = std::slice::Iter<'r, Row>;

    fn into_iter(self) -> Self::IntoIter {
        self.iter()
    }
}

#[cfg(test)]
mod tests {
    use super::*;
    use crate::kind::find;
    use crate::problem::Part;
    use crate::state::Reference;

    fn address(handle: &str) -> Address {
        Address::new("departments", handle)
    }

    fn rows(handles: &[&str]) -> Rows {
        let mut rows = Rows::default();
        for handle in handles {
            rows.row(&address(handle), find("departments").unwrap());
        }
        rows
    }

    fn handles(rows: &Rows) -> Vec<String> {
        let handles = rows.iter().map(|row| row.address.handle.to_string());
        handles.collect()
    }

    fn going(object: usize, line: &str, heir: Option<&str>) -> Going {
        let heirs = heir.map(|heir| ("", Reference::To(address(heir))));
        let at = Place {
            file: "".into(),
            document: 0,
            pointer: line.to_owned(),
            part: Part::Key,
        };
        Going {
            object,
            at: Some(at),
            heirs: heirs.into_iter().collect(),
            ..Going::default()
        }
    }

    #[test]
    fn an_address_has_one_row_and_keeps_its_place() {
        let rows = rows(&["b", "a", "b", "c", "a"]);
        assert_eq!(handles(&rows), ["b", "a", "c"]);
        for row in &rows {
            assert_eq!(rows.get(&row.address).unwrap().address, row.address);
        }
        assert!(rows.get(&address("d")).is_none());
    }

    #[test]
    fn lists_of_addresses_are_sorted() {
        let mut rows = rows(&["b", "a", "c"]);
        for handle in ["b", "a"] {
            let row = rows.get_mut(&address(handle)).unwrap();
            (row.unclear, row.not_compared) = (true, true);
        }
        assert_eq!(rows.unclear(), [&address("a"), &address("b")]);
        assert_eq!(rows.not_compared(), rows.unclear());
        rows.get_mut(&address("c")).unwrap().unanswered = true;
        assert_eq!(rows.lacking_secrets(), rows.unclear());
        assert_eq!(rows.not_compared().len(), 3);
    }

    /// Two tombstones may name one object, and one of them alone say who takes over.
    #[test]
    fn of_several_that_go_the_last_one_is_told_with_the_heirs_of_its_object() {
        let cases = [
            ((0, None), (0, None), None),
            ((0, Some("x")), (0, None), Some("x")),
            ((0, None), (0, Some("y")), Some("y")),
            ((0, Some("x")), (0, Some("y")), Some("y")),
            ((0, Some("x")), (1, None), None),
            ((0, Some("x")), (1, Some("y")), Some("y")),
        ];
        for (first, second, heir) in cases {
            let mut rows = rows(&["a"]);
            for (line, (object, heir)) in [("/0", first), ("/1", second)] {
                let kind = find("departments").unwrap();
                rows.remove(&address("b"), kind, going(object, line, heir));
            }
            assert_eq!(handles(&rows), ["a", "b"]);
            let told = rows.going(&address("b")).unwrap();
            assert_eq!(told.object, second.0);
            assert_eq!(told.at.as_ref().unwrap().pointer, "/1");
            let heir = heir.map(|heir| Reference::To(address(heir)));
            assert_eq!(told.heirs.get(""), heir.as_ref(), "{first:?} {second:?}");
            assert!(rows.going(&address("a")).is_none());
        }
    }
}
