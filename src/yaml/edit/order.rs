//! Where new keys of a map go.

/// Finds a place for each new key: behind which of the units of the text it stands, in the order in which
/// they are to be written. None stands before all units.
///
/// `there` has the units that were there, in the order of the text: none for `<<`, and else the key.
/// A key that has a place in the table stands behind the last one that comes before it.
pub(super) fn placed(
    there: &[Option<&str>],
    new: &[(usize, &str)],
    rank: &dyn Fn(&str) -> Option<usize>,
) -> Vec<(Option<usize>, usize)> {
    let mut ranked: Vec<(usize, usize)> = Vec::new();
    let mut others: Vec<(&str, usize)> = Vec::new();
    let mut merges = None;
    for (at, key) in there.iter().enumerate() {
        match key {
            None => merges = Some(at),
            Some(key) => match rank(key) {
                Some(rank) => ranked.push((rank, at)),
                None => others.push((key, at)),
            },
        }
    }
    ranked.sort_unstable();
    // The last unit up to each rank.
    let mut last = None;
    let lasts: Vec<Option<usize>> = ranked
        .iter()
        .map(|(_, at)| {
            last = last.max(Some(*at));
            last
        })
        .collect();
    let is_sorted = others.len() > 1 && others.is_sorted_by(|(one, _), (next, _)| one < next);
    let end = there.len().checked_sub(1);
    let mut found: Vec<(Option<usize>, Option<usize>, &str, usize)> = new
        .iter()
        .map(|(entry, key)| {
            let rank = rank(key);
            let behind = match rank {
                Some(rank) => {
                    let before = ranked.partition_point(|(other, _)| *other <= rank);
                    match before.checked_sub(1).and_then(|at| lasts.get(at)) {
                        Some(last) => *last,
                        None => ranked
                            .iter()
                            .map(|(_, at)| *at)
                            .min()
                            .unwrap_or_default()
                            .checked_sub(1)
                            .max(merges),
                    }
                }
                None if is_sorted => {
                    let before = others.partition_point(|(other, _)| other < key);
                    match before.checked_sub(1).and_then(|at| others.get(at)) {
                        Some((_, at)) => Some(*at),
                        None => others.first().and_then(|(_, at)| at.checked_sub(1)),
                    }
                }
                None => end,
            };
            (behind, rank, *key, *entry)
        })
        .collect();
    // What has no place stands behind what has one.
    found.sort_by(|one, other| {
        let place = |rank: Option<usize>| rank.unwrap_or(usize::MAX);
        let keys = if is_sorted {
            one.2.cmp(other.2)
        } else {
            std::cmp::Ordering::Equal
        };
        (one.0, place(one.1))
            .cmp(&(other.0, place(other.1)))
            .then(keys)
    });
    found
        .into_iter()
        .map(|(behind, _, _, entry)| (behind, entry))
        .collect()
}

#[cfg(test)]
mod tests {
    use super::*;

    fn told(there: &[&str], new: &[&str]) -> Vec<(Option<usize>, usize)> {
        let there: Vec<Option<&str>> = (there.iter())
            .map(|key| Some(*key).filter(|key| *key != "<<"))
            .collect();
        let new: Vec<(usize, &str)> = new.iter().copied().enumerate().collect();
        placed(&there, &new, &|key| "abcdef".find(key))
    }

    #[test]
    fn keys_of_the_table_stand_behind_those_before_them() {
        assert_eq!(told(&["a", "c"], &["b"]), [(Some(0), 0)]);
        assert_eq!(told(&["b", "c"], &["a"]), [(None, 0)]);
        assert_eq!(told(&["c", "a"], &["b"]), [(Some(1), 0)]);
        assert_eq!(told(&["<<", "b"], &["a"]), [(Some(0), 0)]);
        assert_eq!(told(&["x", "b"], &["a"]), [(Some(0), 0)]);
        assert_eq!(told(&["x"], &["a"]), [(None, 0)]);
        assert_eq!(
            told(&["c"], &["b", "e", "a", "d"]),
            [(None, 2), (None, 0), (Some(0), 3), (Some(0), 1)]
        );
    }

    #[test]
    fn other_keys_follow_the_alphabet_where_it_is_followed() {
        assert_eq!(
            told(&["m", "p"], &["n", "k", "z"]),
            [(None, 1), (Some(0), 0), (Some(1), 2)]
        );
        assert_eq!(told(&["p", "m"], &["n"]), [(Some(1), 0)]);
        assert_eq!(told(&["p"], &["n"]), [(Some(0), 0)]);
        assert_eq!(told(&[], &["n", "a"]), [(None, 1), (None, 0)]);
    }
}
