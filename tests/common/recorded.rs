//! All requests of tests as lines of JSON, to be held against the facts by other means.

use deskform::dialect::Dialect;
use deskform::simulator::Simulator;

/// Appends the requests of a simulator to the file that `DESKFORM_REQUESTS` names, if it is set; those of the guide
/// to a file beside it, whose name ends in `.guide`.
pub(crate) fn record(simulator: &mut Simulator) {
    let Ok(path) = std::env::var("DESKFORM_REQUESTS") else {
        return;
    };
    let path = match simulator.settings().dialect {
        Dialect::Openapi => path,
        Dialect::Guide => format!("{path}.guide"),
    };
    let mut file = std::fs::File::options();
    let file = file.append(true).create(true).open(path);
    simulator.record_to(Box::new(file.expect("a file for requests")));
}
