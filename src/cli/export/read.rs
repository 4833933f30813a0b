//! What an export reads of an organization, and the state that it makes of it.

use std::collections::{BTreeMap, BTreeSet};

use super::{Chosen, seeds};
use crate::cli::Global;
use crate::cli::common::{Failure, Workspace};
use crate::cli::progress::{reading, remembered};
use crate::export::{
    Choice, Exported, Known, NamedSecrets, Natural, export_chosen, leave_secrets_out, name_secrets,
};
use crate::kind::{KINDS, Kind, Listing};
use crate::ledger::{Ledger, Store};
use crate::live::{Live, LiveObject};
use crate::manifest::Desired;
use crate::plan::matching::bind_what_is_clear;
use crate::problem::{Code, Problem, did_you_mean, listed};
use crate::reading::Needs;
use crate::report::Whereabouts;
use crate::session::{Session, SessionError};
use crate::state::{Address, keys};

/// An organization as an export reads it.
pub(in crate::cli) struct Read {
    pub(in crate::cli) whereabouts: Whereabouts,
    pub(in crate::cli) live: Live,
    ledger: Ledger,
    needs: Needs,
}

impl Read {
    /// Reads what was chosen.
    ///
    /// # Errors
    /// [`Failure`] when it cannot be read.
    pub(in crate::cli) async fn live(
        global: &Global,
        workspace: &Workspace,
        store: &Store,
        chosen: &Chosen,
    ) -> Result<Self, Failure> {
        let connected = workspace.connect(None).await?;
        let whereabouts = workspace.whereabouts(&connected, store);
        let ledger = workspace.look(store).await?.ledger;
        let session = &connected.session;
        let left_out = |collection: &str| {
            let mut excluded = chosen.exclude.iter();
            excluded.any(|one| one.is_whole_kind() && one.collection == collection)
        };
        let mut needs = Needs::everything_of(&chosen.kinds, &left_out, session.dialect);
        needs.remembered.clone_from(&ledger.listings);
        seeds::ask(global, workspace, session, &needs, &chosen.kinds).await?;
        let expected = remembered(ledger.listings.values());
        let work = read(workspace, session, &needs, &chosen.kinds);
        let live = reading(global, session, expected, work).await?;
        Ok(Self {
            whereabouts,
            live,
            ledger,
            needs,
        })
    }

    /// Makes a state of it; with manifests, of what they do not have. Things that another export has
    /// get the `names` that they have there.
    ///
    /// # Errors
    /// [`Failure`] when a target means nothing.
    pub(in crate::cli) fn exported(
        &mut self,
        global: &Global,
        workspace: &Workspace,
        chosen: &Chosen,
        desired: Option<&Desired>,
        names: BTreeMap<Natural, Address>,
    ) -> Result<Exported, Failure> {
        let Self {
            live,
            ledger,
            needs,
            ..
        } = self;
        let known = Known::of(ledger);
        let choice = Choice {
            kinds: Some(chosen.kinds.clone()),
            targets: chosen.targets.clone(),
            exclude: chosen.exclude.clone(),
            known: Some(&known),
            secrets: NamedSecrets::of(&workspace.secrets()),
            names,
            ..Choice::default()
        };
        let choice = match desired {
            Some(desired) => beside(global, workspace, desired, choice, ledger, needs, live)?,
            None => choice,
        };
        let has_secret_key = |object: &LiveObject| {
            let secrets = known.entry(object).map(|entry| &entry.secrets);
            let mut secrets = secrets.into_iter().flatten();
            secrets.any(|path| may_hold_key(object.kind, path))
        };
        let mut exported = export_chosen(live, &choice, &has_secret_key);
        check_named(&chosen.targets, &exported, &choice)
            .map_err(|problems| workspace.failure(problems.into()))?;
        leave_secrets_out(&known, live, &mut exported, &may_hold_key);
        name_secrets(&mut exported, &choice.secrets);
        let cannot = self.cannot(&chosen.kinds);
        if !cannot.is_empty() {
            exported.notes.tell(format!(
                "{} cannot be exported in the {} dialect",
                listed(&cannot, "and"),
                self.live.dialect
            ));
        }
        Ok(exported)
    }

    /// The kinds of which the dialect has no listing.
    pub(in crate::cli) fn cannot(&self, chosen: &BTreeSet<&'static str>) -> Vec<String> {
        let kinds = KINDS.iter();
        let cannot = kinds.filter(|kind| {
            chosen.contains(kind.collection)
                && kind
                    .api(self.live.dialect)
                    .is_none_or(|api| api.listing == Listing::Mentioned)
        });
        cannot.map(|kind| kind.collection.to_owned()).collect()
    }
}

/// A choice of what no manifest has.
fn beside<'c>(
    global: &Global,
    workspace: &Workspace,
    desired: &Desired,
    choice: Choice<'c>,
    ledger: &Ledger,
    needs: &Needs,
    live: &mut Live,
) -> Result<Choice<'c>, Failure> {
    let mut options = workspace.options(global, &[])?;
    options.ledger = Some(ledger.clone());
    // Of what was not read it cannot be told whether it is live.
    let mut desired = desired.clone();
    desired
        .state
        .retain(|address, _| needs.reads(address.collection));
    desired
        .removed
        .retain(|stone| needs.reads(stone.collection));
    let (bound, _) = bind_what_is_clear(&desired, live, &options);
    let declared = bound.rows.objects().map(|(_, object)| object);
    let going = bound.rows.iter().filter_map(|row| row.going.as_ref());
    let going = going
        .filter(|going| going.at.is_some())
        .map(|going| going.object);
    Ok(Choice {
        skip: declared
            .chain(going)
            .chain(bound.disputed.iter().copied())
            .collect(),
        declared: desired.state.keys().cloned().collect(),
        ..choice
    })
}

/// Refuses what was named to be exported, or to be left out, and is nothing.
fn check_named(
    targets: &[Address],
    exported: &Exported,
    choice: &Choice<'_>,
) -> Result<(), Vec<Problem>> {
    let is_nothing = |named: &&Address| {
        !named.is_whole_kind()
            && !exported.state.contains_key(*named)
            && !choice.declared.contains(*named)
    };
    let is_left_out = |target: &&Address| choice.exclude.iter().any(|one| one.covers(target));
    let is_read = |named: &&Address| {
        let mut kinds = choice.kinds.iter().flatten();
        choice.kinds.is_none() || kinds.any(|kind| *kind == named.collection)
    };
    let targets = targets.iter().filter(|target| !is_left_out(target));
    let left_out = choice.exclude.iter().filter(is_read);
    let left_out = left_out.filter(|one| !exported.passed_over.contains(one));
    let missing = targets
        .map(|one| (one, "--target"))
        .chain(left_out.map(|one| (one, "--exclude")));
    let missing = missing.filter(|(named, _)| is_nothing(named));
    let problems: Vec<Problem> = missing
        .map(|(target, flag)| {
            let known = exported.state.keys().chain(&exported.passed_over);
            let known: Vec<String> = known.map(ToString::to_string).collect();
            let near = did_you_mean(&target.to_string(), known.iter().map(String::as_str));
            Problem::error(
                Code::UnknownTarget,
                format!("an export would call nothing `{target}`"),
            )
            .help(near.unwrap_or_else(|| {
                let does = if flag == "--target" {
                    "exports"
                } else {
                    "leaves out"
                };
                format!("`{flag} '{}/*'` {does} all of them", target.collection)
            }))
        })
        .collect();
    if problems.is_empty() {
        Ok(())
    } else {
        Err(problems)
    }
}

/// Reads what was chosen, every object whole.
async fn read(
    workspace: &Workspace,
    session: &Session,
    needs: &Needs,
    chosen: &BTreeSet<&'static str>,
) -> Result<Live, Failure> {
    let failed = |error| workspace.session_failure(or_the_rest(error));
    let mut live = session.read(needs).await.map_err(failed)?;
    session
        .complete_chosen(&mut live, chosen)
        .await
        .map_err(failed)?;
    Ok(live)
}

/// Says how the rest is exported where a kind cannot be read.
fn or_the_rest(mut error: SessionError) -> SessionError {
    match &mut error {
        SessionError::Problems(problems) => {
            let lacking = |problem: &&mut Problem| problem.code == Code::ScopeMissing;
            for problem in problems.iter_mut().filter(lacking) {
                let help = problem.help.take().unwrap_or_default();
                problem.help = Some(format!("{help}; `--exclude KIND` exports the rest"));
            }
        }
        SessionError::Unread(unread) => {
            for one in unread {
                one.is_dispensable = true;
            }
        }
        SessionError::Api(_) | SessionError::Elsewhere(..) | SessionError::Guarded(..) => {}
    }
    error
}

/// Whether the live value of the field in a path may hold a key.
fn may_hold_key(kind: &Kind, path: &str) -> bool {
    keys(path)
        .next()
        .is_some_and(|field| kind.may_hold_key(&field))
}
