//! A step with all that is needed to carry it out.

use crate::dialect::Dialect;
use crate::kind::Kind;
use crate::plan::Changes;
use crate::plan::requests::{Context, Op};
use crate::state::{Address, Body};
use crate::verb::Verb;

/// A step with all that is needed to carry it out.
#[derive(Debug, Clone)]
pub struct Task {
    /// The resource.
    pub address: Address,
    /// What is done.
    pub verb: Verb,
    /// The fields that change; those of a creation stand in the plan alone.
    pub changes: Changes,
    /// What the writes cost (openapi), told once the plan is made.
    pub credits: usize,
    /// What only readers need, until the plan has it.
    pub(super) remarks: Option<Box<Remarks>>,
    /// Its kind.
    pub kind: &'static Kind,
    /// The writes, in order.
    pub ops: Vec<Op>,
    /// Tasks that come first, by index.
    pub prerequisites: Vec<usize>,
    /// All compared fields as wanted.
    pub body: Body,
    /// What the manifests name.
    pub named: Body,
    /// Whether it removes what is owned and no longer declared.
    pub pruned: bool,
    /// Whether the resource must never be removed.
    pub prevents_destroy: bool,
    /// What it is among the tasks of its address.
    pub role: Role,
}

/// What a task is among the tasks of its address.
#[derive(Debug, Clone, Copy, PartialEq, Eq)]
pub enum Role {
    /// A step of its own.
    Step,
    /// It ends the step of another task, and is no step of its own.
    End,
    /// It gives the object a temporary name, so that others can take the one that it has.
    Temporary,
}

impl Task {
    /// Whether it ends the step of another task.
    #[must_use]
    pub fn ends(&self) -> bool {
        self.role == Role::End
    }

    /// Whether it gives its object a temporary name.
    #[must_use]
    pub fn is_temporary(&self) -> bool {
        self.role == Role::Temporary
    }

    /// Whether it is a step that apply carries out and that others may end.
    #[must_use]
    pub fn is_step(&self) -> bool {
        !self.ends() && matches!(self.verb, Verb::Create | Verb::Update | Verb::Replace)
    }

    /// What its requests are built from.
    #[must_use]
    pub fn context(&self, dialect: Dialect) -> Context<'_> {
        Context {
            kind: self.kind,
            dialect,
            address: &self.address,
            body: &self.body,
            named: &self.named,
        }
    }
}

#[cfg(test)]
impl Task {
    /// A creation, for tests.
    pub(crate) fn creation(address: &Address, body: Body) -> Self {
        let op = Op::create("/teams");
        Self {
            address: address.clone(),
            verb: Verb::Create,
            changes: Vec::new().into(),
            credits: 0,
            remarks: None,
            kind: crate::kind::find(address.collection).unwrap(),
            ops: vec![op],
            prerequisites: Vec::new(),
            body,
            named: Body::default(),
            pruned: false,
            prevents_destroy: false,
            role: Role::Step,
        }
    }
}

/// What is said of a step besides what it does; nearly always nothing.
#[derive(Debug, Clone, Default)]
pub(super) struct Remarks {
    /// Whether the live object was found by its identity and is not owned yet.
    pub(super) adopted: bool,
    /// What happens besides.
    pub(super) effects: Vec<String>,
    /// For a manual step: what a person has to do, and where.
    pub(super) instruction: Option<String>,
    /// Whether it makes anew what somebody deleted in Zoho Desk.
    pub(super) restores: bool,
}
