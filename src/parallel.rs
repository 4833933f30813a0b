//! The same work for each of many things, on all cores.

use rayon::iter::{IndexedParallelIterator, IntoParallelRefIterator, ParallelIterator};

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
