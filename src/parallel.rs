//! The same work for each of many things, on all cores.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};
use rayon::slice::ParallelSliceMut;

/// Things that one thread works on in one go; fewer are not worth a second thread.
pub(crate) const RUN: usize = 512;

/// What `work` makes of each item and its index, in order: the result does not depend on the threads.
pub(crate) fn each<T: Sync, R: Send>(
    items: &[T],
    work: impl Fn(usize, &T) -> R + Send + Sync,
) -> Vec<R> {
    if items.len() > RUN {
        let items = items.par_iter().enumerate().with_min_len(RUN);
        items.map(|(index, item)| work(index, item)).collect()
    } else {
        let items = items.iter().enumerate();
        items.map(|(index, item)| work(index, item)).collect()
    }
}

/// What `work` makes of each run of items, in order; it may change them. The result does not depend on
/// the threads, as long as that of the runs together does not depend on where they end.
pub(crate) fn in_runs<T: Send, R: Send>(
    items: &mut [T],
    work: impl Fn(&mut [T]) -> R + Send + Sync,
) -> Vec<R> {
    if items.len() > RUN {
        let runs = items.par_chunks_mut(RUN).with_max_len(1);
        runs.map(work).collect()
    } else {
        vec![work(items)]
    }
}

#[cfg(test)]
mod tests {
    use super::*;

    #[test]
    fn runs_cover_all_items_once_and_in_order() {
        for length in [0, 1, RUN, RUN + 1, 3 * RUN + 7] {
            let mut items: Vec<usize> = (0..length).collect();
            let runs = in_runs(&mut items, |run| {
                let before = run.to_vec();
                for item in run.iter_mut() {
                    *item += 1;
                }
                before
            });
            assert!(runs.iter().all(|run| run.len() <= RUN));
            assert!(runs.concat().into_iter().eq(0..length), "{length}");
            assert!(items.into_iter().eq(1..=length), "{length}");
        }
    }
}
